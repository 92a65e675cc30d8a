"""Date functions. A day is a day of the scope's zone; scope.calls knows the business calendar."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from core.expressions.coerce import iso_moment
from core.expressions.numeric import integer
from core.expressions.values import ExpressionError, Scope

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
MAX_SPAN = 4_000  # days that a business calendar is asked about at most


def midnight(day: date, scope: Scope) -> datetime:
    """The moment a day begins in the business zone."""
    return datetime.combine(day, time.min, tzinfo=scope.zone)


def day_of(moment: datetime, scope: Scope) -> date:
    """The day of a moment in the business zone."""
    return moment.astimezone(scope.zone).date()


def shift_day(day: date, length: timedelta) -> date:
    """A day later or earlier; hours count as cut down to whole days."""
    return day + timedelta(days=length.days)


def scaled(length: timedelta, factor: Decimal) -> timedelta:
    """A length times a number, to the microsecond."""
    return timedelta(microseconds=int(Decimal(length // MICROSECOND) * factor))


def to_date(
    scope: Scope, value: object, month: Decimal | None = None, day: Decimal | None = None
) -> date | None:
    """DATE: of year, month, day; of a moment; of a text. Null where there is no such date."""
    if isinstance(value, datetime):
        return day_of(value, scope)
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return iso_moment(value[:10]) if len(value) < 20 else None
    if isinstance(value, Decimal) and month is not None and day is not None:
        try:
            return date(integer(value), integer(month), integer(day))
        except ValueError:
            return None
    raise ExpressionError("日期要由年、月、日三个数字组成")


def today(scope: Scope) -> date:
    """TODAY."""
    return scope.today


def now(scope: Scope) -> datetime:
    """NOW."""
    return scope.now


def year(day: date) -> Decimal:
    """YEAR."""
    return Decimal(day.year)


def month(day: date) -> Decimal:
    """MONTH."""
    return Decimal(day.month)


def day_number(day: date) -> Decimal:
    """DAY."""
    return Decimal(day.day)


def weekday(day: date, way: Decimal = Decimal(1)) -> Decimal:
    """WEEKDAY as Excel: way 1 begins with Sunday, way 2 with Monday = 1, way 3 with Monday = 0."""
    iso = day.isoweekday()
    found = {1: iso % 7 + 1, 2: iso, 3: iso - 1}.get(integer(way))
    if found is None:
        raise ExpressionError("WEEKDAY 的方式只能是 1、2 或 3")
    return Decimal(found)


def edate(day: date, months: Decimal) -> date:
    """EDATE: the same day some months on, or that month's last."""
    index = day.year * 12 + day.month - 1 + integer(months, "月数")
    target_year, target_month = divmod(index, 12)
    if not 1 <= target_year <= 9999:
        raise ExpressionError("日期超出范围")
    last = monthrange(target_year, target_month + 1)[1]
    return date(target_year, target_month + 1, min(day.day, last))


def eomonth(day: date, months: Decimal = Decimal(0)) -> date:
    """EOMONTH."""
    moved = edate(day.replace(day=1), months)
    return moved.replace(day=monthrange(moved.year, moved.month)[1])


def datedif(start: date, end: date, unit: str = "D") -> Decimal | None:
    """DATEDIF; null where the end lies before the start, as Excel answers with an error."""
    if end < start:
        return None
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    years, spare = divmod(months, 12)
    since_month = (end - edate(start, Decimal(months))).days
    since_year = (end - edate(start, Decimal(years * 12))).days
    found = {
        "D": (end - start).days,
        "M": months,
        "Y": years,
        "YM": spare,
        "MD": since_month,
        "YD": since_year,
    }.get(unit.strip().upper())
    if found is None:
        raise ExpressionError(f"DATEDIF 的单位「{unit[:10]}」不对，可以是 D、M、Y、YM、MD、YD")
    return Decimal(found)


def is_workday(scope: Scope, day: date) -> bool:
    """工作日: the house's calendar, or Monday to Friday where none is given."""
    asked = scope.calls.get("工作日")
    return bool(asked(day)) if asked is not None else day.isoweekday() < 6


def networkdays(scope: Scope, start: date, end: date) -> Decimal:
    """NETWORKDAYS, both ends counted; negative when the end lies before the start."""
    if abs((end - start).days) > MAX_SPAN:
        raise ExpressionError(f"两个日期相差太远，最多 {MAX_SPAN} 天")
    first, last = min(start, end), max(start, end)
    days = sum(1 for i in range((last - first).days + 1) if is_workday(scope, first + timedelta(days=i)))
    return Decimal(days if start <= end else -days)


def workday(scope: Scope, start: date, days: Decimal) -> date:
    """WORKDAY: so many business days after (before) the start."""
    wanted = integer(days, "天数")
    step = DAY if wanted >= 0 else -DAY
    day, left = start, abs(wanted)
    for _ in range(MAX_SPAN):
        if not left:
            return day
        day += step
        left -= is_workday(scope, day)
    raise ExpressionError(f"工作日太远，最多 {MAX_SPAN} 天")
