"""Numbers and money: exact decimals, never floats. Full-width digits, thousands separators and 元 are understood."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

LARGEST = Decimal(10) ** 15
MOST_DIGITS = 18  # a scaled integer of 63 bits holds them
ROUNDINGS = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN, "up": ROUND_UP, "refuse": ROUND_HALF_UP}
SIGNS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥", "GBP": "£"}
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
_DECORATION = re.compile(r"[,\s¥￥$€£]|^(CNY|USD|EUR|HKD|JPY|GBP|US\$|HK\$)|元$")


def read(field: FieldDef, raw: Any, _reading: Reading) -> Decimal | None:
    """The number with the field's decimals; more decimals are rounded as the field says, else a mistake."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise WrongValue("应当是数字")
    text = _DECORATION.sub("", unicodedata.normalize("NFKC", str(raw)).strip())
    if field.unit and text.endswith(field.unit):
        text = text.removesuffix(field.unit)
    if not text:
        return None
    if len(text) > 60 or not _NUMBER.match(text):
        raise WrongValue(f"「{str(raw)[:20]}」不是数字")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise WrongValue(f"「{str(raw)[:20]}」不是数字") from error
    return fit(field, value)


def fit(field: FieldDef, value: Decimal) -> Decimal:
    """The value with the field's scale, inside its range. Raises WrongValue."""
    if abs(value) >= min(LARGEST, Decimal(10) ** (MOST_DIGITS - field.scale)):
        raise WrongValue("数字太大")
    kept = rounded(field, value)
    if kept != value and field.rounding == "refuse":
        raise WrongValue(f"最多 {field.scale} 位小数" if field.scale else "应当是整数")
    if field.min is not None and kept < field.min:
        raise WrongValue(f"不能小于 {field.min}")
    if field.max is not None and kept > field.max:
        raise WrongValue(f"不能大于 {field.max}")
    return kept


def rounded(field: FieldDef, value: Decimal) -> Decimal:
    """The value with the decimals of its field: 四舍五入, 舍去 or 进位."""
    return value.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUNDINGS[field.rounding])


def show(field: FieldDef, value: Any, _names: Names) -> str:
    """Thousands separated (unless the field says no), with sign of the currency and unit."""
    comma = "," if field.thousands else ""
    text = f"{Decimal(value):{comma}.{field.scale}f}"
    if field.type == "number" and "." in text:
        text = text.rstrip("0").rstrip(".")
    if field.type == "money" and field.currency != "CNY":
        text = f"{SIGNS.get(field.currency, field.currency + ' ')}{text}"
    return f"{text} {field.unit}".strip()


def plain(value: Any) -> Any:
    """Text, so that no reader turns it into a float."""
    return None if value is None else format(value, "f")


_PROPERTIES = (
    "min",
    "max",
    "decimals",
    "unit",
    "rounding",
    "thousands",
    "scan",
    "default",
    "formula",
    "unique",
)
NUMBER = FieldKind(
    "number",
    "数字",
    Kind.NUMBER,
    _PROPERTIES,
    read,
    show,
    plain,
    card="number",
    checks="小数位与舍入方式、上下限、位数",
    group="数字与日期",
    icon="12",
    help="数量、比例等数字，精确到指定小数位",
)
MONEY = FieldKind(
    "money",
    "金额",
    Kind.NUMBER,
    (*_PROPERTIES, "currency", "capital"),
    read,
    show,
    plain,
    card="number",
    checks="小数位与舍入方式、上下限、位数",
    group="数字与日期",
    icon="¥",
    help="金额，精确计算，可显示大写",
)
