"""One choice of several, and yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_YES = {"true", "1", "是", "yes", "y", "on"}
_NO = {"false", "0", "否", "no", "n", "off"}


def read(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """The option's value; its text is understood too."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise WrongValue("请从选项里选一个")
    text = str(raw).strip()
    if not text:
        return None
    for option in field.options:
        if text in (option.value, option.shown):
            return option.value
    names = "、".join(option.shown for option in field.options[:8])
    raise WrongValue(f"没有「{text[:20]}」这个选项，可选：{names}")


def show(field: FieldDef, value: Any, _names: Names) -> str:
    """The option's text; the value itself when the option is gone."""
    return next((option.shown for option in field.options if option.value == value), str(value))


def read_switch(_field: FieldDef, raw: Any, _reading: Reading) -> bool | None:
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if not text:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise WrongValue("请选择是或否")


def show_switch(_field: FieldDef, value: Any, _names: Names) -> str:
    """是 or 否."""
    return "是" if value else "否"


SELECT = FieldKind("select", "单选", Kind.TEXT, ("options", "default"), read, show, same, needs=("options",))
SWITCH = FieldKind("switch", "开关", Kind.BOOL, ("default", "formula"), read_switch, show_switch, same)
