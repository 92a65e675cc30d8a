"""Attempts that never became a command (a forged button, somebody else's card, a wrong key) leave a trace as well."""

from __future__ import annotations

from core import canon
from core.events import CommandRefused
from core.store.audit import Entry
from core.store.work import UnitOfWork


def note(uow: UnitOfWork, actor: str, what: str, target: str, code: str, message: str) -> None:
    """One audit row for one refused attempt. `actor` is as much as is known: a person, or `platform:userid`."""
    event = CommandRefused(f"command:{target[:100]}", what, code, message)
    uow.audit.append([Entry(actor[:100], "CommandRefused", event.object, canon.dumps(event.body()))], uow.now)
