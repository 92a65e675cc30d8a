"""The registry of field kinds: a new kind is one file and one line here (and a column type in storage.py)."""

from __future__ import annotations

from core.forms.fields.address import ADDRESS
from core.forms.fields.attachment import ATTACHMENT, IMAGE
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue
from core.forms.fields.choice import MULTI_SELECT, SELECT, SWITCH
from core.forms.fields.codes import BARCODE, SERIAL
from core.forms.fields.contact import EMAIL, PHONE, URL
from core.forms.fields.dates import DATE, DATETIME, TIME
from core.forms.fields.derived import BACKLINKS, LOOKUP, ROLLUP
from core.forms.fields.identity import ID_CARD, PASSPORT, USCC
from core.forms.fields.layout import NOTE, SECTION, TAB
from core.forms.fields.link import LINK, LINKS
from core.forms.fields.member import DEPARTMENT, DEPARTMENTS, MEMBER, MEMBERS, ROLE
from core.forms.fields.number import MONEY, NUMBER
from core.forms.fields.ranges import DATE_RANGE, DATETIME_RANGE
from core.forms.fields.subtable import SUBTABLE
from core.forms.fields.text import RICH_TEXT, TEXT

KINDS: dict[str, FieldKind] = {
    kind.name: kind
    for kind in (
        *(TEXT, RICH_TEXT, NUMBER, MONEY, DATE, DATETIME, TIME, DATE_RANGE, DATETIME_RANGE),
        *(SELECT, MULTI_SELECT, SWITCH, MEMBER, MEMBERS, DEPARTMENT, DEPARTMENTS, ROLE),
        *(PHONE, EMAIL, URL, ID_CARD, USCC, PASSPORT, ADDRESS, ATTACHMENT, IMAGE),
        *(LINK, LINKS, LOOKUP, ROLLUP, BACKLINKS, SUBTABLE, SERIAL, BARCODE),
        *(SECTION, TAB, NOTE),
    )
}

__all__ = ["KINDS", "FieldKind", "Names", "Reading", "WrongValue"]
