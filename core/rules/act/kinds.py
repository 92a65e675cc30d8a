"""Name of an action → the function that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.rules.act import (
    assign,
    create,
    delete,
    flow,
    http,
    notify,
    print,  # noqa: A004  (the action's name)
    refuse,
    remind,
    report,
    update,
    upsert,
)
from core.rules.doing import Doing
from core.rules.thens import Action

KINDS: dict[str, Callable[[Doing, Any], None]] = {
    "remind": remind.do,
    "notify": notify.do,
    "print": print.do,
    "create": create.do,
    "update": update.do,
    "upsert": upsert.do,
    "delete": delete.do,
    "flow": flow.do,
    "http": http.do,
    "assign": assign.do,
    "report": report.do,
    "refuse": refuse.do,
}


def perform_all(doing: Doing, actions: Sequence[Action]) -> None:
    """In order; the caller's savepoint makes them all or none."""
    for one in actions:
        KINDS[one.kind](doing, one.spec)
