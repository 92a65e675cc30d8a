"""What a record's page shows beside its values: comments, what may be done, buttons, printed sheets."""

from __future__ import annotations

from typing import Any

from core.forms.life import offered, owns
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.queries.buttons import on_record
from core.queries.forms import document as form_document
from core.queries.prints import ways
from core.queries.records import iso
from core.queries.rules import origin_document
from core.store.runs import Origin
from core.store.work import UnitOfWork


def comments(uow: UnitOfWork, record_id: str) -> list[dict[str, Any]]:
    """The comments of a record, oldest first."""
    return [
        {
            "id": one.id,
            "at": iso(one.created_at),
            "who": uow.people.called(one.person),
            "text": one.text,
            "mentions": [uow.people.called(person) for person in one.mentions],
            "files": one.files,
        }
        for one in uow.life.comments(record_id)
    ]


def around(uow: UnitOfWork, ready: ReadyForm, record: Record, person: str) -> dict[str, Any]:
    """The parts of RECORD that depend on who looks: comments, can, buttons, origins, prints."""
    fields = {one["key"]: one for one in form_document(ready, uow.scope(person))["fields"]}
    return {
        "comments": comments(uow, record.id),
        "can": _can(uow, record, person),
        "buttons": [
            {
                "key": one.key,
                "text": one.text,
                "style": one.style,
                "confirm": one.confirm,
                "ask": [fields[key] for key in one.ask if key in fields],
            }
            for one in offered(uow, ready, record, person)
        ]
        + on_record(uow, ready.form, record, person),
        "origins": [_origin(uow, one) for one in uow.runs.origins(record.id)],
        "prints": ways(uow, ready.form.key),
    }


def _origin(uow: UnitOfWork, origin: Origin) -> dict[str, Any]:
    """Which rule made or changed it, for everybody; the values that it saw may be of a record they may not see."""
    found = origin_document(uow, origin)
    return {name: found[name] for name in ("what", "title", "version", "event_text", "at")}


def _can(uow: UnitOfWork, record: Record, person: str) -> list[str]:
    mine = owns(uow, record, person)
    if record.deleted_at is not None:
        return ["restore"] if mine else []
    found = ["copy", "comment", "print"]
    if mine:
        found += ["delete"] if record.voided_at else ["void", "delete"]
        if record.effective_at is None and record.voided_at is None:
            found.append("effect")
    return found
