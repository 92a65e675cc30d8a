"""Dates, moments and times of day, typed as people write them: 2026-11-24, 2026年11月24日 9:30, 20261124."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_DATE = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?$")
_TIME = re.compile(r"^(\d{1,2})\s*[:：点时]\s*(\d{1,2})?\s*分?(?:[:：](\d{1,2})(?:\.\d+)?)?$")
_MOMENT = re.compile(r"^(.*?\d日?)[T\s]+(\d{1,2}[:：点时].*)$")
_ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$")


def read(_field: FieldDef, raw: Any, _reading: Reading) -> date | None:
    """The date; a time behind it is dropped."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str):
        raise WrongValue("应当是日期，例如 2026-11-24")
    text = raw.strip()
    return _date(re.split(r"[T ]\d{1,2}[:：]", text)[0]) if text else None


def _date(text: str) -> date:
    found = _DATE.match(text.strip())
    if found is None:
        raise WrongValue(f"「{text[:20]}」不是日期，请写成 2026-11-24")
    try:
        value = date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise WrongValue(f"没有「{text[:20]}」这一天") from error
    if not 1900 <= value.year <= 2200:
        raise WrongValue(f"「{text[:20]}」的年份不对")
    return value


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """ISO, as everywhere in the product."""
    return str(value.isoformat())


def plain(value: Any) -> Any:
    """ISO text."""
    return None if value is None else value.isoformat()


def read_time(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """A time of day as `09:30`."""
    if isinstance(raw, time):
        raw = raw.strftime("%H:%M")
    if not isinstance(raw, str):
        raise WrongValue("应当是时间，例如 09:30")
    return f"{_time(field, raw.strip()):%H:%M}" if raw.strip() else None


def _time(field: FieldDef, text: str) -> time:
    found = _TIME.match(text)
    if found is None:
        raise WrongValue(f"「{text[:20]}」不是时间，请写成 09:30")
    try:
        value = time(int(found[1]), int(found[2] or 0))
    except ValueError as error:
        raise WrongValue(f"没有「{text[:20]}」这个时间") from error
    if value.minute % field.step:
        raise WrongValue(f"分钟要是 {field.step} 的倍数")
    return value


def read_moment(field: FieldDef, raw: Any, reading: Reading) -> datetime | None:
    """An aware moment in UTC, whole minutes; without a zone it is meant in the business zone."""
    if isinstance(raw, datetime):
        moment = raw if raw.tzinfo else raw.replace(tzinfo=reading.zone)
        return moment.astimezone(UTC).replace(second=0, microsecond=0)
    if isinstance(raw, date):
        return datetime(raw.year, raw.month, raw.day, tzinfo=reading.zone).astimezone(UTC)
    if not isinstance(raw, str):
        raise WrongValue("应当是日期和时间，例如 2026-11-24 09:30")
    text = raw.strip()
    if not text:
        return None
    if _ZONED.match(text):
        return _zoned(field, text)
    parts = _MOMENT.match(text)
    day = _date(parts[1] if parts else text)
    clock = _time(field, parts[2].strip()) if parts else time()
    return datetime.combine(day, clock, reading.zone).astimezone(UTC)


def _zoned(field: FieldDef, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise WrongValue(f"没有「{text[:30]}」这个时刻") from error
    if not 1900 <= moment.year <= 2200:
        raise WrongValue(f"「{text[:20]}」的年份不对")
    if moment.minute % field.step:
        raise WrongValue(f"分钟要是 {field.step} 的倍数")
    return moment.replace(second=0, microsecond=0)


def show_moment(_field: FieldDef, value: Any, names: Names) -> str:
    """In the business zone, to the minute."""
    return f"{value.astimezone(names.zone):%Y-%m-%d %H:%M}"


def plain_moment(value: Any) -> Any:
    """ISO in UTC."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_MORE = ("default", "formula")
DATE = FieldKind(
    "date",
    "日期",
    Kind.DATE,
    (*_MORE, "unique"),
    read,
    show,
    plain,
    card="date",
    checks="真实日期、1900–2200 年",
    group="数字与日期",
    icon="日",
    help="年月日",
)
DATETIME = FieldKind(
    "datetime",
    "日期时间",
    Kind.DATETIME,
    (*_MORE, "step"),
    read_moment,
    show_moment,
    plain_moment,
    card="datetime",
    checks="真实时刻、时区、分钟步长",
    group="数字与日期",
    icon="时",
    help="年月日和时分",
)
TIME = FieldKind(
    "time",
    "时间",
    Kind.TEXT,
    (*_MORE, "step"),
    read_time,
    lambda _field, value, _names: str(value),
    lambda value: value,
    card="time",
    checks="真实时间、分钟步长",
    group="数字与日期",
    icon="分",
    help="一天里的时分",
)
