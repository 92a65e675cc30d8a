"""Text functions, and how values look as text."""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.expressions.numeric import flat, integer
from core.expressions.values import EXACT, MAX_TEXT, ExpressionError, Scope

NUMBER_FORMAT = re.compile(r"([^0#]*?)([#,]*0|#[#,]*)(?:\.(0*)(#*))?(%?)([^0#%]*)")
MOMENT_PARTS = re.compile(r"yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s", re.ASCII)


def bounded(text: str) -> str:
    """The text, refused where formulas made it grow beyond reason."""
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"文字太长，最多 {MAX_TEXT} 个字")
    return text


def shown(value: object) -> str:  # one return a case
    """A value as text: 3.5, 是, 2026-01-31, 2026-01-31 08:30, A、B."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case Decimal():
            return plain_number(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case timedelta():
            return _length(value)
        case list() | tuple():
            return "、".join(shown(item) for item in value)
    return str(value)


def plain_number(value: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _length(value: timedelta) -> str:
    seconds = abs(value).days * 86_400 + abs(value).seconds
    units = ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒"))
    out = "-" if value < timedelta(0) else ""
    for size, unit in units:
        if seconds >= size:
            out += f"{seconds // size}{unit}"
            seconds %= size
    return out if out not in ("", "-") else "0秒"


def to_text(scope: Scope, value: object, pattern: str | None = None) -> str:
    """TEXT: a number by 0.00 and its like, a date by yyyy-MM-dd and its like."""
    value = in_zone(value, scope)
    if pattern is None:
        return bounded(shown(value))
    if isinstance(value, Decimal):
        return _formatted(value, pattern)
    if isinstance(value, date):
        return _dated(value, pattern)
    return bounded(shown(value))


def _formatted(value: Decimal, pattern: str) -> str:
    found = NUMBER_FORMAT.fullmatch(pattern)
    if found is None:
        raise ExpressionError(f"不认识数字格式「{pattern[:20]}」，例如 0.00、#,##0.00、0%")
    before, whole, fixed, spare, percent, after = (part or "" for part in found.groups())
    number = EXACT.multiply(value, Decimal(100)) if percent else value
    places = min(len(fixed) + len(spare), 20)
    number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT)
    text = f"{number:,.{places}f}" if "," in whole else f"{number:.{places}f}"
    if spare:
        head, _, tail = text.partition(".")
        kept = tail[: len(fixed)] + tail[len(fixed) :].rstrip("0")
        text = f"{head}.{kept}" if kept else head
    if number == 0:
        text = text.lstrip("-")
    return f"{before}{text}{percent}{after}"


def _dated(value: date, pattern: str) -> str:
    """mm after HH means minutes, elsewhere people write mm for the month too."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    named = {
        "yyyy": f"{moment.year:04}",
        "yy": f"{moment.year % 100:02}",
        "MM": f"{moment.month:02}",
        "M": str(moment.month),
        "dd": f"{moment.day:02}",
        "d": str(moment.day),
        "HH": f"{moment.hour:02}",
        "H": str(moment.hour),
        "ss": f"{moment.second:02}",
        "s": str(moment.second),
    }
    minutes = {"mm": f"{moment.minute:02}", "m": str(moment.minute)}
    months = {"mm": named["MM"], "m": named["M"]}

    def replaced(found: re.Match[str]) -> str:
        part = found.group()
        if part not in minutes:
            return named[part]
        return (minutes if "H" in pattern[: found.start()] else months)[part]

    return bounded(MOMENT_PARTS.sub(replaced, pattern))


def left(text: str, size: Decimal = Decimal(1)) -> str:
    """LEFT."""
    return text[: max(0, integer(size, "个数"))]


def right(text: str, size: Decimal = Decimal(1)) -> str:
    """RIGHT."""
    wanted = max(0, integer(size, "个数"))
    return text[-wanted:] if wanted else ""


def mid(text: str, start: Decimal, size: Decimal) -> str:
    """MID, counted from 1."""
    begin = max(1, integer(start, "从第几个")) - 1
    return text[begin : begin + max(0, integer(size, "个数"))]


def length(text: str | None) -> Decimal:
    """LEN; 0 of null."""
    return Decimal(len(text or ""))


def trimmed(text: str) -> str:
    """TRIM."""
    return text.strip()


def joined(scope: Scope, *values: object) -> str:
    """CONCAT, nulls left out."""
    return bounded("".join(shown(in_zone(value, scope)) for value in flat(values)))


def in_zone(value: object, scope: Scope) -> object:
    """A moment as the business zone's clocks show it; other values as they are."""
    return value.astimezone(scope.zone) if isinstance(value, datetime) else value


def position(needle: str, text: str, start: Decimal = Decimal(1)) -> Decimal:
    """FIND, counted from 1; 0 where it is not there."""
    return Decimal(text.find(needle, max(1, integer(start, "从第几个")) - 1) + 1)
