"""委托 as pages list them: what a person gave and was given."""

from __future__ import annotations

from typing import Any

from core.queries.records import iso
from core.store.flowrows import Delegation
from core.store.work import UnitOfWork


def delegations(uow: UnitOfWork, person: str = "") -> list[dict[str, Any]]:
    """Newest first; of everybody without a name."""
    return [_row(uow, one) for one in uow.delegations.of(person, person)]


def _row(uow: UnitOfWork, one: Delegation) -> dict[str, Any]:
    over = one.ended_at is not None or one.until <= uow.now
    titles = [uow.shelf.flow(key)[0].title or key for key in one.flows if uow.shelf.version("flow", key)]
    return {
        "id": one.id,
        "person": {"id": one.person, "name": uow.people.called(one.person)},
        "to": {"id": one.to, "name": uow.people.called(one.to)},
        "flows": titles,
        "since": iso(one.since),
        "until": iso(one.until),
        "state": "over" if over else "active" if one.since <= uow.now else "planned",
    }
