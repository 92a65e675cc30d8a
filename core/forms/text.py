"""The texts of a record: its serial number, its title, each value as people read it, and as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names

_PART = re.compile(r"\{([^{}]+)\}")
_DATE_PARTS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d"}


def number_period(pattern: str, now: datetime) -> str:
    """What a serial number restarts with: the date parts of its pattern, filled in (`BX-202611-`)."""
    return _PART.sub(lambda part: "" if part[1].startswith("seq") else _date(part[1], now), pattern)


def number_text(pattern: str, now: datetime, value: int) -> str:
    """The serial number for a counter value. A counter longer than its places is shown whole."""

    def fill(part: re.Match[str]) -> str:
        if part[1].startswith("seq"):
            return str(value).zfill(int(part[1].partition(":")[2] or 1))
        return _date(part[1], now)

    return _PART.sub(fill, pattern)


def serial_parts(pattern: str, form: Form, values: Mapping[str, Any], names: Names) -> str:
    """A serial field's rule with its field parts filled in; date and counter parts stay."""

    def fill(part: re.Match[str]) -> str:
        found = form.by_label(part[1])
        return re.sub(r"[{}]", "", show(found, values.get(found.key), names)) if found else part[0]

    return _PART.sub(fill, pattern)


def _date(part: str, now: datetime) -> str:
    text = part
    for name, code in _DATE_PARTS.items():
        text = text.replace(name, now.strftime(code))
    return text


def title(form: Form, values: Mapping[str, Any], number: str, names: Names) -> str:
    """The one line that names a record: the form's `summary` filled in, else title and number."""
    if not form.summary:
        return f"{form.title} {number}"

    def fill(part: re.Match[str]) -> str:
        field = form.by_label(part[1])
        return show(field, values.get(field.key), names) if field else number if part[1] == "编号" else ""

    return " ".join(_PART.sub(fill, form.summary).split())[:200] or f"{form.title} {number}"


def show(field: FieldDef, value: Any, names: Names) -> str:
    """A value as people read it; empty text for nothing."""
    base = field.base if field.base.type in KINDS else field
    return "" if value is None else KINDS[base.type].show(base, value, names)


ROWS_SHOWN = 3
_NO_SUM = re.compile(r"单价|价格|率|比例|折扣|price|rate|ratio|percent", re.IGNORECASE)


def adds_up(field: FieldDef) -> bool:
    """Whether a column of a sub-table has a total: a sum of prices or rates means nothing (totals.ts says the same)."""
    return field.base.type in ("money", "number") and not _NO_SUM.search(field.label)


def table_text(field: FieldDef, value: Any, names: Names) -> str:
    """As `show`, a sub-table with what its first rows say: what a card has room for."""
    if field.type != "subtable":
        return show(field, value, names)
    rows = [
        " ".join(text for child in field.fields if (text := show(child, row.get(child.key), names)))
        for row in value[:ROWS_SHOWN]
    ]
    more = f"……共 {len(value)} 行" if len(value) > ROWS_SHOWN else ""
    return "；".join(one for one in [*rows, more] if one) or show(field, value, names)


def plain_values(fields: Sequence[FieldDef], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON, by field key: what pages, API and audit hold."""
    return {
        one.key: None
        if (value := values.get(one.key)) is None and one.type != "subtable"
        else plain(one, value)
        for one in fields
        if not one.layout
    }


def stored_values(fields: Sequence[FieldDef], values: Mapping[str, Any]) -> dict[str, Any]:
    """As `plain_values`, without what is only worked out when it is read."""
    return plain_values([one for one in fields if one.stored], values)


def plain(field: FieldDef, value: Any) -> Any:
    """One value as JSON."""
    if field.type == "subtable":
        return [plain_values(field.fields, row) for row in value or []]
    kind = KINDS[field.base.type]
    if field.type == "rollup" and not isinstance(value, Decimal):
        return None if value is None else str(value)
    return kind.plain(value)


def rows_shown(form: Form, values: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """(label, text) of the filled top-level fields, in order; a sub-table tells its number of rows."""
    shown = []
    for one in form.fields:
        value = values.get(one.key)
        if value not in (None, "", []) and not one.layout:
            shown.append((one.label, show(one, value, names)))
    return shown


def linked_ids(form: Form, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The ids of linked records by form, to look their titles up in one go."""
    found: dict[str, list[str]] = {}
    _gather_ids(form.references, values, found)
    return found


def _gather_ids(fields: Sequence[FieldDef], values: Mapping[str, Any], found: dict[str, list[str]]) -> None:
    for one in fields:
        value = values.get(one.key)
        if not value:
            continue
        if one.type == "subtable":
            for row in value:
                _gather_ids(one.fields, row, found)
        elif one.base.type == "link":
            found.setdefault(one.base.to, []).append(value)
        elif one.type in ("links", "backlinks"):
            found.setdefault(one.to or one.of, []).extend(value)


Lookup = Callable[[dict[str, list[str]]], dict[str, str]]
