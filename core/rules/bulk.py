"""A chunk of a sweep at once, for rules that only tell people: judged one by one, written together.

The same judging and the same actions as one by one (core/rules/react.py); what differs is that rows are gathered
and inserted in bulk, and that the audit trail holds one row for the chunk. Whatever is out of the ordinary (a
condition that cannot be worked out, somebody who was faster) is handed back, to be done one by one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core import canon
from core.events import Event, RemindersMade
from core.expressions import Scope
from core.forms.fields import Names
from core.forms.text import linked_ids
from core.reach import Channel
from core.rules.act.kinds import perform_all
from core.rules.book import ReadyRule
from core.rules.doing import Doing, reachable, told_at
from core.rules.engine import Case, Judged, judge
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


@dataclass
class Gathered:
    """What is written when the chunk is through."""

    runs: list[Run] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    misfits: list[Found] = field(default_factory=list)


class Gathering(Doing):
    """One run whose messages are gathered."""

    def __init__(
        self,
        uow: UnitOfWork,
        ready: ReadyRule,
        case: Case,
        run_id: str,
        judged: Judged,
        out: Gathered,
        names: Names,
        scope: Scope,
    ) -> None:
        super().__init__(uow, ready, case, run_id, judged.seen, "system")
        self._out = out
        self._names = names
        self.scope = scope

    def names(self) -> Names:
        """Read once for the chunk."""
        return self._names

    def remind(self, row: Reminder) -> None:
        """Keep it for later."""
        self.reminded += 1
        self._out.reminders.append(row)

    def tell(self, person: str, text: str) -> None:
        """Keep it for later."""
        self._out.said.append((person, text))
        self.notes.append(f"通知{self.uow.people.called(person)}")


def in_bulk(
    uow: UnitOfWork, ready: ReadyRule, found: Sequence[Found]
) -> tuple[int, list[Event], list[Found]]:
    """How many fired, what happened, and what is left to be done one by one."""
    out = Gathered()
    names = _names(uow, found)
    scope = uow.scope("system")
    for one in found:
        case, actions = one
        begun = time.perf_counter_ns()
        kept = len(out.reminders), len(out.said)
        try:
            judged = judge(ready, case.facts, scope)
            if not judged.holds:
                continue
            doing = Gathering(uow, ready, case, uow.ids(), judged, out, names, scope)
            perform_all(doing, actions)
        except BROKEN:
            del out.reminders[kept[0] :], out.said[kept[1] :]
            out.misfits.append(one)
            continue
        out.runs.append(_run(uow, ready, doing, judged, (time.perf_counter_ns() - begun) // 1000))
    try:
        with uow.connection.begin_nested():
            _write(uow, ready, out)
    except Taken:
        return 0, [], list(found)
    return len(out.runs), _events(uow, ready, out), out.misfits


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


def _names(uow: UnitOfWork, found: Sequence[Found]) -> Names:
    """The people and titles that showing any of the records needs: one question a linked form."""
    wanted: dict[str, set[str]] = {}
    for case, _ in found:
        if case.form is not None and case.record is not None:
            for key, ids in linked_ids(case.form, case.record.values).items():
                wanted.setdefault(key, set()).update(ids)
    titles: dict[str, str] = {}
    for key, some in wanted.items():
        target = uow.shelf.find_form(key)
        if target is not None:
            titles |= uow.records.titles(target, sorted(some))
    return Names(uow.people, titles, uow.house.zone)


def _write(uow: UnitOfWork, ready: ReadyRule, out: Gathered) -> None:
    uow.runs.claim_all(out.runs)
    uow.reminders.add_all(out.reminders)
    at = told_at(uow, ready.rule)
    if at is not None:
        uow.runs.gather_all([Notice(uow.ids(), one, ready.key, text, at) for one, text in out.said])
        return
    where = {person: reachable(uow, person) for person in dict.fromkeys(one for one, _ in out.said)}
    messages = [(uow.ids(), one, where[one], text) for one, text in out.said if where[one]]
    uow.outbox.put_texts(messages, uow.now)


def _events(uow: UnitOfWork, ready: ReadyRule, out: Gathered) -> list[Event]:
    if not out.runs:
        return []
    written = [[one.id, one.record_id, one.event, one.clauses, one.facts, one.actions] for one in out.runs]
    made = [[one.id, one.record_id, one.person, one.text, one.facts] for one in out.reminders]
    event = RemindersMade(
        f"rule:{ready.key}",
        ready.key,
        ready.version,
        len(out.runs),
        tuple((one.id, one.record_id, one.person) for one in out.reminders),
        canon.sha256(canon.dumps([written, made])),
        told_at(uow, ready.rule),
    )
    return [event]
