"""A 试走 over the store as it is: made-up values, real people, real calendar, real records to look at. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.flows.actions import blank
from core.flows.definition import Flow
from core.flows.dryhands import DryHands
from core.flows.instance import Instance
from core.flows.real import RealWorld
from core.flows.trial import Act, Hands, Walk, walk
from core.forms.actions import names_for, reading
from core.forms.check import check
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import title
from core.store.work import UnitOfWork

DRY = "dry"


def started(uow: UnitOfWork, flow: Flow, ready: ReadyForm, person: str, raw: Mapping[str, Any]) -> Instance:
    """The instance before its start, over a record that nobody saved."""
    asking = reading(uow, raw, ready, person)
    values = check(ready, raw, asking, uow.scope(person), complete=False).values
    called = title(ready.form, values, "试走", names_for(uow, ready.form, values))
    record = Record(
        DRY,
        ready.form.key,
        ready.version,
        "试走",
        called,
        1,
        "saved",
        uow.now,
        person,
        uow.now,
        person,
        values,
    )
    return blank(DRY, flow, uow.shelf.version("flow", flow.key), ready, record, person, uow)


def simulate(
    uow: UnitOfWork,
    flow: Flow,
    start: Instance,
    acts: Sequence[Act] = (),
    *,
    picks: Mapping[str, tuple[str, ...]] | None = None,
    rest: bool = False,
    hands: Hands | None = None,
) -> Walk:
    """Walk it; the flow may be a draft, its form is the one in force."""
    ready = uow.shelf.form(flow.form)
    hands = hands or DryHands(uow, flow, ready)
    return walk(flow, start, uow.people, RealWorld(uow, ready), hands, uow.now, acts, picks=picks, rest=rest)
