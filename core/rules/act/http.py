"""http: a call to another system, queued in the outbox with the change it tells of."""

from __future__ import annotations

from typing import Any

from core.forms.text import plain_values
from core.rules.doing import Doing
from core.rules.facts import told
from core.rules.thens import Http


def do(doing: Doing, spec: Http) -> None:
    """The body is fixed now; sending, signing and repeating is the relay's (bot/outward.py)."""
    body: dict[str, Any] = {
        "url": spec.url,
        "method": spec.method,
        "rule": doing.ready.key,
        "json": {name: told(doing.value(text)) for name, text in spec.body.items()} or _whole(doing),
    }
    doing.uow.outbox.put_message(doing.uow.ids(), "http", doing.ready.key, "http", body, doing.uow.now)
    doing.notes.append(f"待调用 {spec.method} {spec.url}")


def _whole(doing: Doing) -> dict[str, Any]:
    record, form = doing.case.record, doing.case.form
    if record is None or form is None:
        return {"event": doing.case.event, **doing.seen}
    return {
        "form": record.form,
        "id": record.id,
        "number": record.number,
        "event": doing.case.event,
        "values": plain_values(form.fields, record.values),
    }
