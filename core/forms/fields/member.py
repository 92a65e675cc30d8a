"""One member of the company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def read(_field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The person's id; a name is understood when only one person has it."""
    if not isinstance(raw, str):
        raise WrongValue("请选择一位同事")
    text = raw.strip()
    if not text:
        return None
    found = reading.people.find(text)
    if len(found) == 1:
        return found[0].id
    if found:
        raise WrongValue(f"有 {len(found)} 位「{text[:20]}」，请从列表里选")
    raise WrongValue(f"通讯录里没有「{text[:20]}」")


def show(_field: FieldDef, value: Any, names: Names) -> str:
    """The person's name."""
    person = names.people.get(value)
    return person.name if person else str(value)


MEMBER = FieldKind("member", "成员", Kind.TEXT, ("default",), read, show, same)
