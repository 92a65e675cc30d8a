"""One choice of several, several of many, and yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, items_of, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_YES = {"true", "1", "是", "yes", "y", "on"}
_NO = {"false", "0", "否", "no", "n", "off"}
LONGEST_OTHER = 60


def read(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """The option's value; its text is understood too."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise WrongValue("请从选项里选一个")
    text = str(raw).strip()
    return _chosen(field, text) if text else None


def _chosen(field: FieldDef, text: str) -> str:
    for option in field.options:
        if text in (option.value, option.shown):
            return option.value
    if field.other or field.options_from:
        if len(text) > LONGEST_OTHER:
            raise WrongValue(f"其他内容最多 {LONGEST_OTHER} 个字")
        return text
    names = "、".join(option.shown for option in field.options if not option.off)
    raise WrongValue(f"没有「{text[:20]}」这个选项，可选：{names[:120]}")


def show(field: FieldDef, value: Any, _names: Names) -> str:
    """The option's text; the value itself when the option is gone."""
    return next((option.shown for option in field.options if option.value == value), str(value))


def read_several(field: FieldDef, raw: Any, _reading: Reading) -> list[str] | None:
    """The values of the chosen options, each once, in the order of the definition."""
    items = items_of(field, raw, "选项")
    if any(isinstance(one, bool) or not isinstance(one, (str, int)) for one in items):
        raise WrongValue("请从选项里选")
    chosen = [_chosen(field, str(one).strip()) for one in items if str(one).strip()]
    order = {option.value: index for index, option in enumerate(field.options)}
    found = sorted(dict.fromkeys(chosen), key=lambda one: order.get(one, len(order)))
    alone = next((option for option in field.options if option.alone and option.value in found), None)
    if alone is not None and len(found) > 1:
        raise WrongValue(f"「{alone.shown}」不能和其他选项一起选")
    return found or None


def show_several(field: FieldDef, value: Any, names: Names) -> str:
    """The options' texts."""
    return "、".join(show(field, one, names) for one in value)


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


_PROPERTIES = ("options", "option_set", "options_from", "other", "style", "default", "formula")
SELECT = FieldKind(
    "select",
    "单选",
    Kind.TEXT,
    (*_PROPERTIES, "unique"),
    read,
    show,
    same,
    card="select",
    checks="只能选已有选项（可开放「其他」）",
    group="选择",
    icon="单",
    help="从几个选项里选一个",
    starts={"options": ["选项 1", "选项 2"]},
)
MULTI_SELECT = FieldKind(
    "multi_select",
    "多选",
    Kind.LIST,
    tuple(one for one in (*_PROPERTIES, "min_items", "max_items") if one != "formula"),
    read_several,
    show_several,
    same,
    elements=Kind.TEXT,
    card="multi_select",
    checks="只能选已有选项、个数上下限、互斥选项",
    group="选择",
    icon="多",
    help="从几个选项里选几个",
    starts={"options": ["选项 1", "选项 2"]},
)
SWITCH = FieldKind(
    "switch",
    "开关",
    Kind.BOOL,
    ("default", "formula"),
    read_switch,
    show_switch,
    same,
    card="switch",
    checks="是或否",
    group="选择",
    icon="是",
    help="是或否",
)
