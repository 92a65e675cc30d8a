"""Links to records of another form, held as ids: one (1:1 with `unique`, else N:1) or several (N:N)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, items_of, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def read(field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The linked record's id; its number or title is understood when only one record has it."""
    if not isinstance(raw, str):
        raise WrongValue("请选择一条数据")
    text = raw.strip()
    return _record(field, text, reading) if text else None


def _record(field: FieldDef, text: str, reading: Reading) -> str:
    found = reading.find_records(field.to, text)
    if len(found) == 1:
        return found[0][0]
    if found:
        raise WrongValue(f"有 {len(found)} 条「{text[:20]}」，请从列表里选")
    raise WrongValue(f"没有找到「{text[:20]}」")


def show(_field: FieldDef, value: Any, names: Names) -> str:
    """The linked record's title."""
    return names.titles.get(value, str(value))


def read_several(field: FieldDef, raw: Any, reading: Reading) -> list[str] | None:
    """The linked records' ids, each once."""
    items = items_of(field, raw, "数据")
    if not all(isinstance(one, str) for one in items):
        raise WrongValue("请从列表里选")
    return list(dict.fromkeys(_record(field, one.strip(), reading) for one in items)) or None


def show_several(field: FieldDef, value: Any, names: Names) -> str:
    """Their titles."""
    return "、".join(show(field, one, names) for one in value)


_MORE = ("to", "create", "copy", "columns")
LINK = FieldKind(
    "link",
    "关联数据",
    Kind.RECORD,
    (*_MORE, "default", "unique", "scan"),
    read,
    show,
    same,
    needs=("to",),
    checks="数据存在；按编号、标题唯一找到；1:1 用 unique",
    group="关联与汇总",
    icon="联",
    help="选另一张表单的一条数据",
)
LINKS = FieldKind(
    "links",
    "关联数据（多选）",
    Kind.ROWS,
    (*_MORE, "min_items", "max_items"),
    read_several,
    show_several,
    same,
    needs=("to",),
    checks="数据存在、条数上下限",
    group="关联与汇总",
    icon="联+",
    help="选另一张表单的几条数据",
)
