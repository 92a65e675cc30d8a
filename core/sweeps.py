"""Sweeps of any size: looked at once on a reader, worked off in chunks, a transaction each.

A process that dies in between leaves a row of the sweep behind; whoever looks again finds what is left, since
what was done is known by its key. So nothing is done twice and nothing is forgotten.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from core.commands import SYSTEM, SweepPart, SweepRule
from core.errors import NotFound
from core.rules.tick import looked
from core.rules.when import ClockTrigger
from core.service import Outcome, Service


class Sweeps:
    """Looks with one rule after the other; a rule that is being worked off is left alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def run(self, rule: str, actor: str = SYSTEM) -> Outcome:
        """Everything that a rule finds now; waits until it is done."""
        with self._lock:
            if rule in self._busy:
                return Outcome(message="这条规则正在检查，请稍后再看。", data={"hits": 0})
            self._busy.add(rule)
        try:
            return self._work(rule, actor)
        finally:
            with self._lock:
                self._busy.discard(rule)

    def _work(self, rule: str, actor: str) -> Outcome:
        hits, outcome = 0, Outcome()
        for part in self._parts(rule):
            outcome = self._service.perform(SweepRule(actor, rule, part))
            if not outcome.ok:
                return outcome
            hits += int(outcome.data["hits"])
        title = self._title(rule)
        return replace(outcome, message=f"「{title}」检查完毕，执行了 {hits} 条。", data={"hits": hits})

    def _parts(self, rule: str) -> list[SweepPart | None]:
        """The chunks; None: nothing to look at, the door says why."""
        with self._service.store.read() as uow:
            ready = uow.shelf.book.rules.get(rule)
            if ready is None or not isinstance(ready.rule.when, ClockTrigger):
                return [None]
            return [*looked(uow, ready)]

    def _title(self, rule: str) -> str:
        with self._service.store.read() as uow:
            ready = uow.shelf.book.rules.get(rule)
            if ready is None:
                raise NotFound(f"没有这个规则：{rule}")
            return ready.rule.title
