"""The registry of field kinds: a new kind is one file and one line here (and a column type in storage.py)."""

from __future__ import annotations

from core.forms.fields.attachment import ATTACHMENT
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue
from core.forms.fields.choice import SELECT, SWITCH
from core.forms.fields.dates import DATE
from core.forms.fields.link import LINK
from core.forms.fields.member import MEMBER
from core.forms.fields.number import MONEY, NUMBER
from core.forms.fields.subtable import SUBTABLE
from core.forms.fields.text import TEXT

KINDS: dict[str, FieldKind] = {
    kind.name: kind
    for kind in (TEXT, NUMBER, MONEY, DATE, SELECT, SWITCH, MEMBER, LINK, ATTACHMENT, SUBTABLE)
}

__all__ = ["KINDS", "FieldKind", "Names", "Reading", "WrongValue"]
