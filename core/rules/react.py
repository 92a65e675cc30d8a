"""Rules inside the transaction of a command: events in, actions done, their events in again, until nothing follows.

Bounded in depth and in number. A rule's actions stand in a savepoint: a failing rule leaves nothing behind but
an incident and a row of its log, and the triggering save stands or falls as the rule declares.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from core.errors import UserError
from core.events import (
    Event,
    FlowEvent,
    InstanceEnded,
    RecordCreated,
    RecordDeleted,
    RecordUpdated,
    RuleFired,
    TaskDecided,
)
from core.expressions import ExpressionError
from core.flows.effects import carry_out
from core.forms.definition import Form
from core.forms.storage import Record
from core.rules.act.kinds import perform_all
from core.rules.act.refuse import RefusedByRule
from core.rules.book import ReadyRule
from core.rules.doing import Doing, loader
from core.rules.engine import Case, Judged, judge, triggered
from core.rules.facts import facts_of, typed
from core.rules.thens import Action
from core.rules.thresholds import Seen, Watched, changed_by, crossed, moved_by, remember
from core.rules.when import Threshold
from core.store.runs import CAPPED, ERROR, FIRED, NOT_MATCHED, REFUSED, THROTTLED, Run
from core.store.work import UnitOfWork

DEPTH = 8
FAN_OUT = 500
# A failed run tries again by itself so much later each time; then it waits for an administrator.
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
BROKEN = (ExpressionError, UserError, LookupError, ValueError, TypeError, ArithmeticError)


class RuleRefusal(UserError):
    """The command falls; `run` is what the log keeps of it, written after everything else was undone."""

    def __init__(self, code: str, message: str, run: Run) -> None:
        super().__init__(code, message)
        self.run = run


@dataclass(frozen=True)
class Happened:
    """An event in the queue: how many rules stand before it, the run that caused it, and what may follow."""

    event: Event
    depth: int = 0
    cause: str = ""
    only: tuple[str, ...] | None = None


class Reaction:
    """One command's chain of rules. `events`: everything that rules made happen, in order.

    tries  how often the run that is repeated here tried again by itself before
    """

    def __init__(self, uow: UnitOfWork, actor: str, *, log_misses: bool = True, tries: int = 0) -> None:
        self.uow = uow
        self.actor = actor
        self._tries = tries
        self._log_misses = log_misses
        self.book = uow.shelf.book
        self.events: list[Event] = []
        self._queue: deque[Happened] = deque()
        self._missed: list[Run] = []
        self._done = 0

    def follow(self, events: Iterable[Event]) -> list[Event]:
        """Run every rule that follows from some events. Raises RuleRefusal, StaleWrite."""
        self._queue.extend(Happened(one) for one in events)
        self._lines(Happened(Event("")))
        return self.drain()

    def drain(self) -> list[Event]:
        """Go on until nothing follows."""
        while self._queue:
            happened = self._queue.popleft()
            for ready, case in self._cases(happened):
                self.execute(ready, case, happened.only)
            if isinstance(happened.event, RecordUpdated):
                event = happened.event
                self._watch(changed_by(self.book, event.form, event.record_id), happened)
        self.uow.runs.add(self._missed)
        self._missed = []
        return self.events

    # --- from an event to what rules look at ------------------------------------------------------------

    def _cases(self, happened: Happened) -> list[tuple[ReadyRule, Case]]:
        about = _about(self.uow, happened.event)
        if about is None:
            return []
        form, record_id = about
        rules = triggered(self.book, happened.event, form)
        if not rules:
            return []
        record = _record(self.uow, form, record_id, happened.event)
        if record is None:
            return []
        facts = {
            **facts_of(form, record, loader(self.uow)),
            **_more(happened.event, form, record),
            "_actor": self.actor,
        }
        name = _occurrence(self.uow, happened.event, record)
        case = Case(form, record, facts, name, self.actor, happened.depth, happened.cause)
        return [(one, case) for one in rules]

    def _lines(self, happened: Happened) -> None:
        """Threshold rules whose figures moved."""
        touched, self.uow.ledger.touched = self.uow.ledger.touched, []
        self._watch(moved_by(self.book, touched), happened)

    def _watch(self, watched: list[Watched], happened: Happened) -> None:
        seen = Seen(self.uow)
        for ready, record_id in watched:
            case = crossed(self.uow, self.book, ready, record_id, self.actor, seen)
            if case is not None:
                case = replace(case, depth=happened.depth, cause=happened.cause)
                self.execute(ready, case, happened.only)
                seen.forget()

    # --- one rule over one case -----------------------------------------------------------------------

    def execute(
        self,
        ready: ReadyRule,
        case: Case,
        only: tuple[str, ...] | None = None,
        actions: Sequence[Action] | None = None,
    ) -> bool:
        """Judge and do; True when the rule fired. Raises RuleRefusal."""
        rule = ready.rule
        if (only is not None and ready.key not in only) or not _active(ready, self.uow):
            return False
        started = time.perf_counter_ns()
        run = _run(self.uow, ready, case)
        try:
            judged = judge(ready, case.facts, self.uow.scope(case.actor))
        except BROKEN as error:
            self._failed(ready, case, run, f"条件算不出来：{_said(error)}")
            return False
        run = replace(run, clauses=judged.clauses, facts=judged.seen)
        if not judged.holds:
            if self._log_misses:
                self._missed.append(replace(run, outcome=NOT_MATCHED, event=f"{run.event}#{run.id}"))
            return False
        if case.depth >= DEPTH or self._done >= FAN_OUT:
            self._capped(ready, case, run)
            return False
        if rule.throttle and _throttled(self.uow, ready, case):
            self._missed.append(replace(run, outcome=THROTTLED, event=f"{run.event}#{run.id}"))
            return False
        if not self.uow.runs.claim(run):
            return False
        self._done += 1
        if isinstance(rule.when, Threshold):
            remember(self.uow, ready, case)
        return self._do(ready, case, run, judged, actions, started)

    def _do(
        self,
        ready: ReadyRule,
        case: Case,
        run: Run,
        judged: Judged,
        actions: Sequence[Action] | None,
        started: int,
    ) -> bool:
        doing = Doing(self.uow, ready, case, run.id, judged.seen, _acts_as(self.uow, ready, case))
        savepoint = self.uow.connection.begin_nested()
        try:
            perform_all(doing, ready.rule.then if actions is None else actions)
        except RefusedByRule as error:
            self.uow.undo(savepoint)
            refused = replace(run, outcome=REFUSED, error=error.message, event=f"{run.event}#{run.id}")
            raise RuleRefusal(error.code, error.message, refused) from error
        except BROKEN as error:
            self.uow.undo(savepoint)
            self._failed(ready, case, run, _said(error), claimed=True)
            return False
        savepoint.commit()
        micros = (time.perf_counter_ns() - started) // 1000
        self.uow.runs.finish(replace(run, actions=doing.notes, micros=micros))
        fired = RuleFired(
            f"rule:{ready.key}", ready.key, ready.version, run.id, case.event, tuple(doing.notes)
        )
        self._follow(ready, case, run, list(carry_out(self.uow, doing.events)))
        self.events.append(fired)
        return True

    def _follow(self, ready: ReadyRule, case: Case, run: Run, made: list[Event]) -> None:
        """What a rule did may set off others, as far as it allows."""
        self.events += made
        follow = ready.rule.follow
        only = () if follow == "forbid" else None if follow == "allow" else tuple(follow)
        if only == ():
            self.uow.ledger.touched = []
            return
        self._queue.extend(Happened(one, case.depth + 1, run.id, only) for one in made)
        self._lines(Happened(Event(""), case.depth + 1, run.id, only))

    # --- what goes wrong --------------------------------------------------------------------------------

    def _failed(self, ready: ReadyRule, case: Case, run: Run, text: str, *, claimed: bool = False) -> None:
        failed = replace(run, outcome=ERROR, error=text[:1000])
        if ready.rule.on_error == "refuse" and case.depth == 0:
            message = f"规则「{ready.rule.title}」执行出错，没有保存：{text}"
            raise RuleRefusal("rule_failed", message, replace(failed, event=f"{run.event}#{run.id}"))
        if claimed:
            self.uow.runs.finish(failed)
        else:
            self._missed.append(replace(failed, event=f"{run.event}#{run.id}"))
        if self._tries < len(AGAIN_AFTER):
            self.uow.runs.retry_later(run.id, self._tries, self.uow.now + AGAIN_AFTER[self._tries])
        where = f"rule:{ready.key}:{case.record_id}"
        number = f"（{case.record.number}）" if case.record else ""
        said = f"规则「{ready.rule.title}」{number}执行出错：{text}"
        self.uow.incidents.raise_(self.uow.ids(), "rule_failed", where, said[:500], self.uow.now)

    def _capped(self, ready: ReadyRule, case: Case, run: Run) -> None:
        why = f"连锁触发超过 {DEPTH} 层" if case.depth >= DEPTH else f"一次操作触发超过 {FAN_OUT} 次"
        self._missed.append(replace(run, outcome=CAPPED, error=why, event=f"{run.event}#{run.id}"))
        said = f"规则「{ready.rule.title}」{why}，已停下，没有再执行。请检查规则之间是否互相触发。"
        self.uow.incidents.raise_(self.uow.ids(), "rule_loop", f"rule:{ready.key}", said, self.uow.now)


def _said(error: BaseException) -> str:
    """The sentence of an error; of a bug only its kind: its text might hold the record's data."""
    return getattr(error, "message", "") or f"内部错误（{type(error).__name__}）"


def _run(uow: UnitOfWork, ready: ReadyRule, case: Case) -> Run:
    return Run(
        id=uow.ids(),
        rule=ready.key,
        version=ready.version,
        form=case.form.key if case.form else "",
        record_id=case.record_id,
        event=case.event[:120],
        outcome=FIRED,
        at=uow.now,
        actor=case.actor,
        rung=case.rung,
        depth=case.depth,
        cause=case.cause,
    )


def _active(ready: ReadyRule, uow: UnitOfWork) -> bool:
    window = ready.rule.active
    return window is None or window[0] <= uow.now.date() <= window[1]


def _throttled(uow: UnitOfWork, ready: ReadyRule, case: Case) -> bool:
    throttle = ready.rule.throttle
    if throttle is None:
        return False
    last = uow.runs.last_fired(ready.key, case.record_id if throttle.each == "record" else "")
    return last is not None and (uow.now - last).total_seconds() < throttle.seconds


def _acts_as(uow: UnitOfWork, ready: ReadyRule, case: Case) -> str:
    match ready.rule.run_as:
        case "trigger":
            return case.actor
        case "owner":
            row = uow.definitions.load("rule", ready.key, ready.version)
            return row.published_by if row else "system"
    return "system"


def _about(uow: UnitOfWork, event: Event) -> tuple[Form, str] | None:
    """The form and record that an event speaks of."""
    if isinstance(event, (RecordCreated, RecordUpdated, RecordDeleted)):
        return uow.shelf.form(event.form).form, event.record_id
    if isinstance(event, FlowEvent) and any(place[0] in _FLOW for place in uow.shelf.book.by):
        instance = uow.instances.load(event.instance_id)
        return (uow.shelf.form(instance.form).form, instance.record_id) if instance else None
    return None


_FLOW = ("effective", "voided", "flowhappened")


def _record(uow: UnitOfWork, form: Form, record_id: str, event: Event) -> Record | None:
    """The record as it is now; of a deleted one, what it held."""
    found = uow.records.load(form, record_id)
    if found is None and isinstance(event, RecordDeleted):
        return Record(
            record_id, form.key, 0, event.number, event.number, 0, "deleted",
            uow.now, "system", uow.now, "system", typed(form.fields, event.before),
        )  # fmt: skip
    return found


def _more(event: Event, form: Form, record: Record) -> dict[str, object]:
    """What an event adds to the facts."""
    match event:
        case RecordUpdated():
            return {"_old": {**record.facts(), **typed(form.fields, event.before)}}
        case InstanceEnded():
            return {"_result": event.result, "_by": event.by}
        case TaskDecided():
            return {"_result": event.verdict, "_by": event.by, "_comment": event.comment}
    return {}


def _occurrence(uow: UnitOfWork, event: Event, record: Record) -> str:
    """A name for the event that is the same when the same thing is looked at again."""
    kind = type(event).__name__
    if isinstance(event, RecordCreated):
        return kind
    if isinstance(event, TaskDecided):
        return f"{kind}:{event.task_id}"
    if isinstance(event, FlowEvent):
        return f"{kind}:{event.instance_id}:{uow.ids()}"
    return f"{kind}:{record.version}:{uow.ids()[-10:]}"


def react(uow: UnitOfWork, actor: str, events: Sequence[Event]) -> tuple[Event, ...]:
    """Everything that rules make of some events. Raises RuleRefusal, StaleWrite."""
    if not events and not uow.ledger.touched:
        return ()
    return tuple(Reaction(uow, actor).follow(events))
