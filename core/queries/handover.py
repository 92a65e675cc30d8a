"""What a person holds, before it is handed over: tasks, what they started, roles, departments, 委托, definitions."""

from __future__ import annotations

from typing import Any

from core.errors import NotFound
from core.flows.definition import Flow, Who
from core.flows.instance import OPEN_STATES
from core.store.work import UnitOfWork


def handover(uow: UnitOfWork, person: str) -> dict[str, Any]:
    """HANDOVER of docs/pages-api.md. Raises NotFound. `flows` name the person themselves: to be changed by hand."""
    who = uow.people.get(person)
    if who is None:
        raise NotFound
    names = {who.id, who.name, who.nick} - {""}
    tasks = [
        {"title": instance.title, "step": task.name, "state": task.state.value}
        for id_ in uow.instances.of_owner(person)
        if (instance := uow.instances.load(id_)) is not None
        for task in instance.live_tasks()
        if task.assignee == person
    ]
    started = [one for one in uow.instances.of_initiator(person, limit=200) if one.state in OPEN_STATES]
    return {
        "person": {"id": who.id, "name": who.called},
        "tasks": tasks,
        "started": [{"number": one.number, "title": one.title} for one in started],
        "roles": list(uow.people.roles_of(person)),
        "departments": [one.name for one in uow.people.departments.values() if one.head == person],
        "reports": [one.called for one in uow.people.people.values() if one.manager == person],
        "delegations": len(uow.delegations.of(person, person)),
        "flows": [
            one.title or one.key
            for one in uow.shelf.all("flow")
            if isinstance(one, Flow) and any(_names(way, names) for step in one.walk() for way in step.who)
        ],
    }


def _names(who: Who, names: set[str]) -> bool:
    return who.person in names or bool(names & set(who.people or ()))
