"""From … to: days or moments, with the time between them in days, working days, hours or working hours.

A value is {start, end, span}; `span` is the server's, worked out by core/forms/check.py, which knows the calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields import dates
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

UNITS = {"days": "天", "workdays": "工作日", "hours": "小时", "workhours": "工作小时"}
WORKDAY_HOURS = ((9, 12), (13, 18))  # of a working day; 8 hours
LONGEST = 366 * 5


def _read(field: FieldDef, raw: Any, reading: Reading, one: Callable[..., Any]) -> dict[str, Any] | None:
    if isinstance(raw, str):
        first, _, last = raw.replace("～", "~").replace("至", "~").partition("~")
        raw = {"start": first.strip(), "end": last.strip()} if raw.strip() else {}
    if not isinstance(raw, dict) or set(raw) - {"start", "end", "span"}:
        raise WrongValue("应当有开始和结束")
    start, end = (one(field, raw[k], reading) if raw.get(k) else None for k in ("start", "end"))
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise WrongValue(f"请填写{'结束' if start is not None else '开始'}")
    if end < start:
        raise WrongValue("结束不能早于开始")
    if (end - start).days > LONGEST:
        raise WrongValue("开始和结束相差太远，最多 5 年")
    return {"start": start, "end": end, "span": None}


def read_days(field: FieldDef, raw: Any, reading: Reading) -> dict[str, Any] | None:
    """Two dates, both counted."""
    return _read(field, raw, reading, dates.read)


def read_moments(field: FieldDef, raw: Any, reading: Reading) -> dict[str, Any] | None:
    """Two moments."""
    return _read(field, raw, reading, dates.read_moment)


def span(field: FieldDef, value: dict[str, Any], working: Callable[[date], bool], zone: tzinfo) -> Decimal:
    """The time between start and end in the field's unit, two decimals."""
    start, end = value["start"], value["end"]
    unit = field.span_unit
    if isinstance(start, datetime):
        found = _of_moments(unit, start.astimezone(zone), end.astimezone(zone), working)
    else:
        days = [start + timedelta(days=i) for i in range((end - start).days + 1)]
        if unit in ("workdays", "workhours"):
            days = [one for one in days if working(one)]
        found = Decimal(len(days)) * {"hours": 24, "workhours": 8}.get(unit, 1)
    return found.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _of_moments(unit: str, start: datetime, end: datetime, working: Callable[[date], bool]) -> Decimal:
    if unit in ("days", "hours"):
        hours = Decimal(int((end - start).total_seconds() // 60)) / 60
        return hours / 24 if unit == "days" else hours
    minutes = 0
    for i in range((end.date() - start.date()).days + 1):
        day = start.date() + timedelta(days=i)
        if working(day):
            minutes += sum(_overlap(start, end, day, *hours) for hours in WORKDAY_HOURS)
    hours = Decimal(minutes) / 60
    return hours / 8 if unit == "workdays" else hours


def _overlap(start: datetime, end: datetime, day: date, first: int, last: int) -> int:
    opens = datetime(day.year, day.month, day.day, first, tzinfo=start.tzinfo)
    closes = opens.replace(hour=last)
    return max(0, int((min(end, closes) - max(start, opens)).total_seconds() // 60))


def _shown(field: FieldDef, value: Any, names: Names, one: Callable[..., str]) -> str:
    length = value.get("span")
    tail = f"（{Decimal(length).normalize():f} {UNITS[field.span_unit]}）" if length is not None else ""
    return f"{one(field, value['start'], names)} 至 {one(field, value['end'], names)}{tail}"


def show_days(field: FieldDef, value: Any, names: Names) -> str:
    """2026-11-24 至 2026-11-26（3 天）."""
    return _shown(field, value, names, dates.show)


def show_moments(field: FieldDef, value: Any, names: Names) -> str:
    """2026-11-24 09:00 至 2026-11-24 18:00（8 工作小时）."""
    return _shown(field, value, names, dates.show_moment)


def plain(value: Any) -> Any:
    """ISO texts and the span as text."""
    if value is None:
        return None
    one = dates.plain_moment if isinstance(value["start"], datetime) else dates.plain
    length = value.get("span")
    return {
        "start": one(value["start"]),
        "end": one(value["end"]),
        "span": None if length is None else format(length, "f"),
    }


def _parts(kind: Kind) -> tuple[tuple[str, str, Kind], ...]:
    return (("start", "开始", kind), ("end", "结束", kind), ("span", "时长", Kind.NUMBER))


DATE_RANGE = FieldKind(
    "date_range",
    "日期区间",
    Kind.RECORD,
    ("span_unit",),
    read_days,
    show_days,
    plain,
    parts=_parts(Kind.DATE),
    checks="结束不早于开始、真实日期、最多 5 年",
    group="数字与日期",
    icon="区",
    help="起止日期，自动算天数",
)
DATETIME_RANGE = FieldKind(
    "datetime_range",
    "时间区间",
    Kind.RECORD,
    ("span_unit", "step"),
    read_moments,
    show_moments,
    plain,
    parts=_parts(Kind.DATETIME),
    checks="结束不早于开始、真实时刻、最多 5 年",
    group="数字与日期",
    icon="段",
    help="起止时刻，自动算时长",
)
