"""Flow instances as a list: who started what, where it stands, who is waited for."""

from __future__ import annotations

from typing import Any

from core.queries.records import STATE_TEXTS, iso
from core.store.work import UnitOfWork


def page(uow: UnitOfWork, state: str, text: str, after: str, limit: int) -> dict[str, Any]:
    """Newest first; `text` is looked for in title and number, or names an initiator."""
    people = [one.id for one in uow.people.people.values() if text and text in (one.name, one.nick)]
    found = uow.instances.page(state=state, text=text, people=people, after=after, limit=limit + 1)
    rows = found[:limit]
    tasks = uow.instances.waiting([one["id"] for one in rows])
    called = uow.people.called
    return {
        "rows": [
            {
                "id": one["id"],
                "title": one["title"],
                "number": one["number"],
                "flow": _title(uow, one["flow"]),
                "version": one["flow_version"],
                "initiator": called(one["initiator"]),
                "state": one["state"],
                "state_text": STATE_TEXTS[one["state"]],
                "started_at": iso(one["started_at"]),
                "waiting": [
                    {"step": task.name, "who": called(task.assignee), "since": iso(task.opened_at)}
                    for task in tasks.get(one["id"], ())
                ],
            }
            for one in rows
        ],
        "next": rows[-1]["id"] if len(found) > limit else None,
    }


def _title(uow: UnitOfWork, flow: str) -> str:
    return uow.shelf.flow(flow)[0].title or flow
