"""Text: one line or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

LONGEST = 10_000


def read(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """Text without blanks around it; nothing when it is empty."""
    if not isinstance(raw, (str, int)) or isinstance(raw, bool):
        raise WrongValue("应当是文字")
    text = str(raw).strip()
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text):
        raise WrongValue("含有不能识别的字符")
    limit = int(field.max or LONGEST)
    if len(text) > limit:
        raise WrongValue(f"最多 {limit} 个字，现在有 {len(text)} 个")
    return text or None


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """The text itself."""
    return str(value)


TEXT = FieldKind("text", "文本", Kind.TEXT, ("max", "lines", "default", "formula"), read, show, same)
