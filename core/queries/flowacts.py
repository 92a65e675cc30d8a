"""What a person may do with a flow beside deciding: 撤回 and 催办."""

from __future__ import annotations

from typing import Any

from core.flows.instance import Instance, InstanceState, TaskKind
from core.flows.moves import cannot_withdraw
from core.queries import flows
from core.store.work import UnitOfWork


def acts(uow: UnitOfWork, instance: Instance, person: str) -> list[str]:
    """withdraw, urge."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    found = [] if cannot_withdraw(flow, instance, person) else ["withdraw"]
    asks = person == instance.initiator or uow.people.holds(person, "admin")
    waits = any(one.kind is not TaskKind.REVISE for one in instance.open_tasks())
    if asks and waits and instance.state is InstanceState.RUNNING:
        found.append("urge")
    return found


def document(uow: UnitOfWork, instance: Instance, person: str) -> dict[str, Any]:
    """FLOW with `can`: what this person may do."""
    return {**flows.document(uow, instance), "can": acts(uow, instance, person)}
