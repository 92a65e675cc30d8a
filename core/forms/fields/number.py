"""Numbers and money: exact decimals, never floats. Full-width digits, thousands separators and 元 are understood."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

LARGEST = Decimal(10) ** 15
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
_DECORATION = re.compile(r"[,\s¥￥]|元$")


def read(field: FieldDef, raw: Any, _reading: Reading) -> Decimal | None:
    """The number with the field's decimals; more decimals than it has are a mistake, not rounded away."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise WrongValue("应当是数字")
    text = _DECORATION.sub("", unicodedata.normalize("NFKC", str(raw)))
    if not text:
        return None
    if not _NUMBER.match(text):
        raise WrongValue(f"「{str(raw)[:20]}」不是数字")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise WrongValue(f"「{str(raw)[:20]}」不是数字") from error
    return fit(field, value)


def fit(field: FieldDef, value: Decimal) -> Decimal:
    """The value with the field's scale, inside its range. Raises WrongValue."""
    if abs(value) >= LARGEST:
        raise WrongValue("数字太大")
    kept = value.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUND_HALF_UP)
    if kept != value:
        raise WrongValue(f"最多 {field.scale} 位小数" if field.scale else "应当是整数")
    if field.min is not None and kept < field.min:
        raise WrongValue(f"不能小于 {field.min}")
    if field.max is not None and kept > field.max:
        raise WrongValue(f"不能大于 {field.max}")
    return kept


def show(field: FieldDef, value: Any, _names: Names) -> str:
    """Thousands separated, with the unit."""
    text = f"{Decimal(value):,.{field.scale}f}"
    if field.type == "number" and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {field.unit}".strip()


def plain(value: Any) -> Any:
    """Text, so that no reader turns it into a float."""
    return None if value is None else format(value, "f")


_PROPERTIES = ("min", "max", "decimals", "unit", "default", "formula")
NUMBER = FieldKind("number", "数字", Kind.NUMBER, _PROPERTIES, read, show, plain)
MONEY = FieldKind("money", "金额", Kind.NUMBER, _PROPERTIES, read, show, plain)
