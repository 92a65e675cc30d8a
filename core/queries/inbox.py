"""A person's own things: open tasks, records under way."""

from __future__ import annotations

from core.queries.flows import waiting
from core.queries.records import STATE_TEXTS
from core.store.work import UnitOfWork


def my_tasks(uow: UnitOfWork, person: str) -> list[tuple[str, str]]:
    """(title, how long it waits) of a person's open tasks, longest first."""
    found = []
    for task, instance_id in uow.instances.open_tasks(person):
        instance = uow.instances.load(instance_id)
        if instance is not None:
            found.append((instance.title, _since((uow.now - task.opened_at).total_seconds())))
    return found


def _since(seconds: float) -> str:
    if seconds < 3600:
        return f"{max(1, int(seconds // 60))} 分钟"
    if seconds < 86400:
        return f"{int(seconds // 3600)} 小时"
    return f"{int(seconds // 86400)} 天"


def my_instances(uow: UnitOfWork, person: str, text: str = "", limit: int = 8) -> list[tuple[str, str]]:
    """(number, state and who is waited for) of what a person started, newest first."""
    rows = []
    for instance in uow.instances.of_initiator(person, text, limit):
        waits = "、".join(f"{one['who']}（{one['step']}）" for one in waiting(instance, uow.people))
        state = STATE_TEXTS[instance.state.value]
        rows.append((instance.number, f"{instance.title} · {state}{f'，等待 {waits}' if waits else ''}"))
    return rows
