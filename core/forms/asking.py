"""What reading and showing values may ask of the store: people, files, records by their text, titles of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.forms.definition import Form
from core.forms.fields import Names, Reading
from core.forms.related import Related
from core.forms.schema import ReadyForm
from core.forms.text import linked_ids
from core.store.work import UnitOfWork


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

    return Reading(uow.people, files, find_records, related.values, derive, uow.house.zone)


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
