"""A link to a record of another form, held as that record's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def read(field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The linked record's id; its number or title is understood when only one record has it."""
    if not isinstance(raw, str):
        raise WrongValue("请选择一条数据")
    text = raw.strip()
    if not text:
        return None
    found = reading.find_records(field.to, text)
    if len(found) == 1:
        return found[0][0]
    if found:
        raise WrongValue(f"有 {len(found)} 条「{text[:20]}」，请从列表里选")
    raise WrongValue(f"没有找到「{text[:20]}」")


def show(_field: FieldDef, value: Any, names: Names) -> str:
    """The linked record's title."""
    return names.titles.get(value, str(value))


LINK = FieldKind("link", "关联数据", Kind.RECORD, ("to", "default"), read, show, same, needs=("to",))
