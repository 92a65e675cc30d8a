"""What a scanned code means: a record by its address, its number, or a field that stands on labels."""

from __future__ import annotations

import re
from typing import Any

from core.errors import NotFound
from core.forms.definition import FieldDef, Form
from core.forms.gather import one_of
from core.forms.life import seen
from core.forms.storage import Record
from core.forms.tables import in_columns
from core.store.visibility import visible
from core.store.work import UnitOfWork

MOST = 10
LONGEST = 500
_ADDRESS = re.compile(r"#/?(?:data|record)/([a-z][a-z0-9_]{0,39})/([0-9a-z]{26})(?:$|[/?])")


def scanned(uow: UnitOfWork, person: str, text: str) -> list[dict[str, Any]]:
    """The records that the person may see and the code means, newest first in each form; most often one."""
    text = text.strip()[:LONGEST]
    if found := _ADDRESS.search(text):
        return _by_address(uow, person, found[1], found[2])
    rows: list[dict[str, Any]] = []
    for key in uow.shelf.keys("form") if text else []:
        form = uow.shelf.find_form(key)
        if form is not None and len(rows) < MOST:
            rows += [_row(form, one) for one in _by_value(uow, form, person, text)]
    return rows[:MOST]


def _by_address(uow: UnitOfWork, person: str, key: str, id_: str) -> list[dict[str, Any]]:
    try:
        ready, record = seen(uow, key, id_, person)
    except NotFound:
        return []
    return [_row(ready.form, record)] if record.deleted_at is None else []


def _by_value(uow: UnitOfWork, form: Form, person: str, text: str) -> list[Record]:
    where = [
        *visible(form, person, uow.people),
        one_of(form, [one for one in form.fields if _coded(one)], text),
    ]
    return uow.records.page(form, where=where, limit=MOST)


def _coded(one: FieldDef) -> bool:
    """Fields that stand on labels: shown as codes, numbered, or filled by scanning."""
    return in_columns(one) and (one.type in ("barcode", "serial") or (one.scan and one.type == "text"))


def _row(form: Form, record: Record) -> dict[str, Any]:
    facts = {"form": form.key, "form_title": form.title, "id": record.id}
    return {**facts, "title": record.title, "number": record.number}
