"""What a rule's expressions see of a record: values, linked records on demand, values before the change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.forms.definition import FieldDef, Form
from core.forms.storage import Record

Load = Callable[[str, str], tuple[Form, Record] | None]  # (form, id) → the record with its form


class Linked(Mapping[str, Any]):
    """A linked record that is read when a field of it is asked for; its id is known without reading."""

    def __init__(self, form: str, id_: str, load: Load) -> None:
        self._form = form
        self._id = id_
        self._load = load
        self._row: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._row is None:
            found = self._load(self._form, self._id)
            self._row = facts_of(*found, self._load) if found else {}
        return self._row

    def __getitem__(self, key: str) -> Any:
        return self._id if key == "id" else self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter({"id": self._id, **self._read()})

    def __len__(self) -> int:
        return len({"id", *self._read()})

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dict."""
        return self._id if key == "id" else self._read().get(key, default)


def facts_of(form: Form, record: Record, load: Load) -> dict[str, Any]:
    """The row for expressions over this record."""
    return {**record.facts(), **linked(form.references, record.values, load), "id": record.id}


def linked(fields: tuple[FieldDef, ...], values: Mapping[str, Any], load: Load) -> dict[str, Any]:
    """Values with linked records in place of their ids."""
    return {one.key: _one(one, values.get(one.key), load) for one in fields}


def _one(field: FieldDef, value: Any, load: Load) -> Any:
    if field.type == "link" and value:
        return Linked(field.to, value, load)
    if field.type == "subtable":
        return [{**row, **linked(field.fields, row, load)} for row in value or []]
    return value


def typed(fields: tuple[FieldDef, ...], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an event (JSON) in Python types again."""
    return {one.key: _typed(one, plain[one.key]) for one in fields if one.key in plain}


def _typed(field: FieldDef, value: Any) -> Any:
    if value is None:
        return [] if field.type == "subtable" else None
    if field.type == "subtable":
        return [typed(field.fields, row) for row in value]
    if field.type in ("number", "money"):
        return Decimal(str(value))
    if field.type == "date":
        return date.fromisoformat(value) if isinstance(value, str) else value
    return value


_PLAIN = frozenset({str, int, bool})


def told(value: Any) -> Any:
    """A value for logs and provenance, as JSON."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Linked):
        return value["id"]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [told(one) for one in value[:20]]
    if isinstance(value, Mapping):
        return {key: told(one) for key, one in list(value.items())[:40]}
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)
