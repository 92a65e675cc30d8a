"""What reading and showing values may ask of the store: people, files, records by their text, titles of links.

For one record (`reading`), or for many rows at once, looked up together and remembered (`Asking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.forms.definition import FieldDef, Form
from core.forms.fields import Names, Reading
from core.forms.fields.base import WrongValue, items_of
from core.forms.related import Related
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import linked_ids
from core.store.work import UnitOfWork

Found = list[tuple[str, str]]


def reading(
    uow: UnitOfWork,
    raw: Mapping[str, Any],
    ready: ReadyForm | None = None,
    person: str | None = None,
    record_id: str = "",
) -> Reading:
    """What reading these values may ask: people, the files they name, records by their text, other forms."""
    ids = sorted(file_ids(raw))
    files = uow.files.info(ids) if ids else {}
    related = Related(uow, person)

    def find_records(form: str, text: str) -> list[tuple[str, str]]:
        target = uow.shelf.find_form(form)
        return uow.records.find(target, text) if target else []

    def derive(_values: Mapping[str, Any]) -> dict[str, Any]:
        return related.derive(ready, record_id) if ready else {}

    return Reading(uow.people, files, find_records, related.values, derive, uow.house.zone, related.offered)


def file_ids(value: Any) -> set[str]:
    """Every id that an attachment value may hold, at any depth."""
    if isinstance(value, Mapping):
        own = {value["id"]} if isinstance(value.get("id"), str) and "size" in value else set()
        return own.union(*(file_ids(one) for one in value.values()))
    if isinstance(value, (list, tuple)):
        texts = {one for one in value if isinstance(one, str) and len(one) == 26}
        return texts.union(*(file_ids(one) for one in value))
    return set()


def names_for(uow: UnitOfWork, form: Form, values: Mapping[str, Any]) -> Names:
    """The people and titles that showing these values needs."""
    titles: dict[str, str] = {}
    for key, ids in linked_ids(form, values).items():
        target = uow.shelf.find_form(key)
        if target is not None:
            titles |= uow.records.titles(target, ids)
    return Names(uow.people, titles, uow.house.zone)


class Asking:
    """What the rows of one command may ask. Right as long as none of them changes what another asks for."""

    def __init__(self, uow: UnitOfWork, ready: ReadyForm, person: str) -> None:
        self._uow = uow
        self._ready = ready
        self._related = Related(uow, person)
        self._known: dict[tuple[str, str], Found] = {}
        self._empty: dict[str, Any] | None = None
        self.reading = Reading(
            uow.people,
            {},
            self._find,
            self._related.values,
            lambda _values: self._new(),
            uow.house.zone,
            self._related.offered,
        )

    def of(self, record: Record | None) -> Reading:
        """The reading for a row: over a record its own rollups count."""
        if record is None:
            return self.reading
        return replace(self.reading, derive=lambda _values: self._related.derive(self._ready, record.id))

    def prepare(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Look up every text that stands in a link of these rows, one question for each form."""
        wanted: dict[str, set[str]] = {}
        for values in rows:
            _gather(self._ready.form.fields, values, wanted)
        for key, texts in wanted.items():
            target = self._uow.shelf.find_form(key)
            if target is None:
                continue
            found = self._uow.records.find_many(target, sorted(texts))
            self._known |= {(key, text): found.get(text, []) for text in texts}
            self._related.values(key, sorted({one[0] for some in found.values() for one in some}))

    def _find(self, form: str, text: str) -> Found:
        if (form, text) not in self._known:
            target = self._uow.shelf.find_form(form)
            self._known[form, text] = self._uow.records.find(target, text) if target else []
        return self._known[form, text]

    def _new(self) -> dict[str, Any]:
        if self._empty is None:
            self._empty = self._related.derive(self._ready, "")
        return self._empty


def _gather(fields: Sequence[FieldDef], values: Mapping[str, Any], wanted: dict[str, set[str]]) -> None:
    for one in fields:
        raw = values.get(one.key)
        if raw in (None, "", []):
            continue
        if one.type == "subtable" and isinstance(raw, list):
            for row in raw:
                _gather(one.fields, row, wanted)
        elif one.type == "link" and isinstance(raw, str):
            wanted.setdefault(one.to, set()).add(raw.strip())
        elif one.type == "links":
            wanted.setdefault(one.to, set()).update(_texts(one, raw))


def _texts(one: FieldDef, raw: Any) -> list[str]:
    """The texts of a link to several; none where they cannot be read (the check says so)."""
    try:
        return [text.strip() for text in items_of(one, raw, "数据") if isinstance(text, str)]
    except WrongValue:
        return []
