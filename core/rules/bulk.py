"""A chunk of a sweep at once, for rules that only tell people: judged one by one, written together.

The same judging and the same actions as one by one (core/rules/react.py); what differs is that rows are gathered
and inserted in bulk, and that the audit trail holds one row for the chunk. Whatever is out of the ordinary (a
condition that cannot be worked out, somebody who was faster) is handed back, to be done one by one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from core import canon
from core.events import Event, RemindersMade
from core.expressions import Schema
from core.forms.fields import Names
from core.reach import Channel
from core.rules.act.kinds import perform_all
from core.rules.book import ReadyRule
from core.rules.chunk import Chunk, Gathered
from core.rules.doing import Doing, reachable, told_at
from core.rules.engine import Case, Judged
from core.rules.hits import Found, actions_of
from core.rules.react import BROKEN
from core.rules.thens import Action
from core.store.reminders import Reminder
from core.store.runs import FIRED, Notice, Run
from core.store.sql import Taken
from core.store.work import UnitOfWork

TELLING = ("remind", "notify")


def only_tells(ready: ReadyRule, rung: int) -> bool:
    """Whether a step can be worked off in bulk: nothing it does changes records or sets off others."""
    return ready.rule.throttle is None and all(_in_chat(one) for one in actions_of(ready, rung))


def _in_chat(action: Action) -> bool:
    """Whether an action says something to people in their chat, and nothing else."""
    spec = action.spec
    return action.kind in TELLING and tuple(spec.by) == (Channel.CHAT,) and not spec.to and not spec.group


class Gathering(Doing):
    """One run whose messages are gathered."""

    def __init__(
        self, uow: UnitOfWork, ready: ReadyRule, case: Case, run_id: str, judged: Judged, chunk: Chunk
    ) -> None:
        super().__init__(uow, ready, case, run_id, judged.seen, "system")
        self._chunk = chunk
        self.scope = chunk.scope

    def value(self, text: str, schema: Schema | None = None, facts: Mapping[str, Any] | None = None) -> Any:
        """Remembered for the chunk where it can be."""
        if schema is not None or facts is not None:
            return super().value(text, schema, facts)
        return self._chunk.value(text, self.case.facts)

    def plain_record(self) -> dict[str, Any]:
        """With the kinds of its fields looked up once for the chunk."""
        form = self.case.form
        return self._chunk.plain(form, self.record) if form else {}

    def names(self) -> Names:
        """Read once for the chunk."""
        return self._chunk.names

    def remind(self, row: Reminder) -> None:
        """Keep it for later."""
        self.reminded += 1
        self._chunk.out.reminders.append(row)

    def tell(self, person: str, text: str) -> None:
        """Keep it for later."""
        self._chunk.out.said.append((person, text))
        self.notes.append(f"通知{self.uow.people.called(person)}")


def in_bulk(
    uow: UnitOfWork, ready: ReadyRule, found: Sequence[Found]
) -> tuple[int, list[Event], list[Found]]:
    """How many fired, what happened, and what is left to be done one by one."""
    chunk = Chunk(uow, ready, found)
    out = chunk.out
    for one in found:
        case, actions = one
        begun = time.perf_counter_ns()
        kept = len(out.reminders), len(out.said)
        try:
            judged = chunk.judge(case.facts)
            if not judged.holds:
                continue
            doing = Gathering(uow, ready, case, uow.ids(), judged, chunk)
            perform_all(doing, actions)
        except BROKEN:
            del out.reminders[kept[0] :], out.said[kept[1] :]
            out.misfits.append(one)
            continue
        out.runs.append(_run(uow, ready, doing, judged, (time.perf_counter_ns() - begun) // 1000))
    try:
        with uow.connection.begin_nested():
            digest = _write(uow, ready, out)
    except Taken:
        return 0, [], list(found)
    return len(out.runs), _events(uow, ready, out, digest), out.misfits


def _run(uow: UnitOfWork, ready: ReadyRule, doing: Doing, judged: Judged, micros: int) -> Run:
    case = doing.case
    return Run(
        id=doing.run_id,
        rule=ready.key,
        version=ready.version,
        form=case.form.key if case.form else "",
        record_id=case.record_id,
        event=case.event[:120],
        outcome=FIRED,
        at=uow.now,
        actor=case.actor,
        rung=case.rung,
        clauses=judged.clauses,
        facts=judged.seen,
        actions=doing.notes,
        micros=micros,
    )


def _write(uow: UnitOfWork, ready: ReadyRule, out: Gathered) -> str:
    """Write what was gathered; its digest."""
    digest = canon.sha256(f"{uow.runs.claim_all(out.runs)}\n{uow.reminders.add_all(out.reminders)}")
    at = told_at(uow, ready.rule)
    if at is not None:
        uow.runs.gather_all([Notice(uow.ids(), one, ready.key, text, at) for one, text in out.said])
        return digest
    where = {person: reachable(uow, person) for person in dict.fromkeys(one for one, _ in out.said)}
    messages = [(uow.ids(), one, where[one], text) for one, text in out.said if where[one]]
    uow.outbox.put_texts(messages, uow.now)
    return digest


def _events(uow: UnitOfWork, ready: ReadyRule, out: Gathered, digest: str) -> list[Event]:
    if not out.runs:
        return []
    event = RemindersMade(
        f"rule:{ready.key}",
        ready.key,
        ready.version,
        len(out.runs),
        tuple((one.id, one.record_id, one.person) for one in out.reminders),
        digest,
        told_at(uow, ready.rule),
    )
    return [event]
