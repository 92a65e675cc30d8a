"""Commands of people and other systems: a button, a webhook, a second try, a recount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.acting import Done
from core.commands import PressRule, RebuildAggregate, ReceiveHook, RetryRun
from core.errors import Conflict, NotAllowed, NotFound, UserError
from core.events import AggregateRebuilt, Event
from core.expressions import Kind
from core.rules.book import ReadyRule
from core.rules.doing import loader
from core.rules.engine import Case, judge
from core.rules.facts import facts_of
from core.rules.react import Reaction
from core.rules.thens import Action
from core.rules.thresholds import threshold_facts
from core.rules.when import Button, Threshold, Webhook
from core.store.runs import ERROR, RETRIED, Run
from core.store.visibility import visible
from core.store.work import UnitOfWork


def press_rule(uow: UnitOfWork, command: PressRule) -> Done:
    """A person asks for a rule over a record. Raises NotAllowed, NotFound, UserError with why it did not fire."""
    ready = uow.shelf.book.rule(command.rule)
    when = ready.rule.when
    if not isinstance(when, Button):
        raise NotFound("这条规则没有按钮。")
    if not may_press(uow, when, command.actor):
        raise NotAllowed(f"只有{'、'.join(when.roles)}可以点「{when.button}」。")
    form = uow.shelf.form(when.of).form
    where = visible(form, command.actor, uow.people)
    if where and not uow.records.exists(form, command.record_id, where):
        raise NotFound
    record = uow.records.load(form, command.record_id)
    if record is None:
        raise NotFound
    facts = {**facts_of(form, record, loader(uow)), "_actor": command.actor}
    case = Case(form, record, facts, f"press:{uow.ids()}", command.actor)
    return _now(uow, ready, case, command.actor)


def may_press(uow: UnitOfWork, when: Button, person: str) -> bool:
    """Whether a person holds one of the button's roles."""
    return not when.roles or any(uow.people.holds(person, role) for role in when.roles)


def receive_hook(uow: UnitOfWork, command: ReceiveHook) -> Done:
    """Another system's call; its body is read by the kinds that the rule declares. Raises UserError."""
    ready = uow.shelf.book.rule(command.rule)
    when = ready.rule.when
    if not isinstance(when, Webhook):
        raise NotFound("这条规则不接收外部通知。")
    facts: dict[str, Any] = {
        f"_hook_{name}": _read(name, kind, command.payload.get(name)) for name, kind in when.fields.items()
    }
    form, record = None, None
    if when.of:
        form = uow.shelf.form(when.of).form
        text = str(command.payload.get(when.find) or "")
        found = uow.records.find(form, text, 2) if text else []
        if len(found) != 1:
            raise NotFound(f"没有（或不止一条）{form.title}「{text[:40]}」。")
        record = uow.records.load(form, found[0][0])
        facts |= facts_of(form, record, loader(uow)) if record else {}
    case = Case(form, record, {**facts, "_actor": "system"}, f"hook:{uow.ids()}", "system")
    return _now(uow, ready, case, "system")


def _read(name: str, kind: str, value: Any) -> Any:
    """A value of a body. Raises UserError."""
    if value is None:
        return None
    try:
        match kind:
            case "number":
                return Decimal(str(value))
            case "date":
                return date.fromisoformat(str(value))
            case "bool" if isinstance(value, bool):
                return value
            case "text":
                return str(value)[:2000]
    except (InvalidOperation, ValueError):
        pass
    raise UserError("invalid", f"「{name}」要是{kind}，收到的是 {str(value)[:40]}。")


def _now(uow: UnitOfWork, ready: ReadyRule, case: Case, actor: str) -> Done:
    reaction = Reaction(uow, actor)
    fired = reaction.execute(ready, case)
    events = tuple(reaction.drain())
    if fired:
        run = uow.runs.page(ready.key, case.record_id, limit=1)
        said = "；".join(run[0].actions) if run else ""
        return Done(f"「{ready.rule.title}」已执行：{said}。", events, {"fired": True}, settled=True)
    last = uow.runs.page(ready.key, case.record_id, limit=1)
    why = last[0].error if last and last[0].outcome == ERROR else _unmet(uow, ready, case)
    return Done(f"「{ready.rule.title}」没有执行：{why}。", events, {"fired": False}, settled=True)


def _unmet(uow: UnitOfWork, ready: ReadyRule, case: Case) -> str:
    judged = judge(ready, case.facts, uow.scope(case.actor))
    unmet = [one["text"] for one in judged.clauses if one["truth"] is False]
    return f"条件不符合（{'；'.join(unmet)}）" if unmet else "刚刚执行过，或已停用"


# --- a second try ------------------------------------------------------------------------------------


def retry_run(uow: UnitOfWork, command: RetryRun) -> Done:
    """A failed run again, over the record as it is now. Raises NotFound, Conflict."""
    uow.runs.forget_retry(command.run_id)
    fired, events = run_again(uow, command.run_id, command.actor, 0)
    said = "重试成功。" if fired else "重试后仍没有执行，请看运行记录。"
    return Done(said, events, {"fired": fired}, settled=True)


def run_again(uow: UnitOfWork, run_id: str, actor: str, tries: int) -> tuple[bool, tuple[Event, ...]]:
    """(fired, what happened) of a failed run done again. Nothing of the first try is there, so all actions are done.

    Raises NotFound, Conflict.
    """
    run = uow.runs.load(run_id)
    if run is None:
        raise NotFound
    if run.outcome != ERROR:
        raise Conflict("这次执行没有出错，或者已经重试过了。")
    ready = uow.shelf.book.rule(run.rule)
    case = _again(uow, ready, run)
    uow.runs.finish(replace(run, outcome=RETRIED, event=f"{run.event[:120]}#{run.id}"))
    reaction = Reaction(uow, actor, tries=tries)
    fired = reaction.execute(ready, case, actions=_actions(ready, run))
    events = tuple(reaction.drain())
    if fired:
        uow.incidents.resolve("rule_failed", f"rule:{ready.key}:{case.record_id}", uow.now)
    return fired, events


def _again(uow: UnitOfWork, ready: ReadyRule, run: Run) -> Case:
    event = run.event.partition("#")[0]
    extras = {
        symbol.key: _kept(symbol.kind, run.facts[symbol.label])
        for symbol in ready.schema.symbols
        if symbol.key.startswith("_") and symbol.label in run.facts
    }
    form = uow.shelf.find_form(run.form) if run.form else None
    record = uow.records.load(form, run.record_id) if form else None
    if form is None or record is None:
        if run.record_id:
            raise NotFound("这条数据已经不在了，不能重试。")
        return Case(None, None, {**extras, "_actor": run.actor}, event, run.actor, rung=run.rung)
    facts = {**facts_of(form, record, loader(uow)), **extras, "_actor": run.actor}
    if isinstance(ready.rule.when, Threshold):
        aggregate = uow.shelf.book.aggregates[ready.rule.when.threshold].definition
        sums = uow.ledger.measures(aggregate, aggregate.key_of(form.key) or 0, record.id)
        facts |= threshold_facts(uow, ready, form, record, sums)
    return Case(form, record, facts, event, run.actor, rung=run.rung)


def _kept(kind: Kind, value: Any) -> Any:
    return Decimal(str(value)) if kind is Kind.NUMBER and value is not None else value


def _actions(ready: ReadyRule, run: Run) -> tuple[Action, ...]:
    if run.rung and run.rung <= len(ready.rule.escalate):
        return ready.rule.escalate[run.rung - 1].actions(ready.rule.then)
    return ready.rule.then


def rebuild_aggregate(uow: UnitOfWork, command: RebuildAggregate) -> Done:
    """Count everything again. Raises NotFound."""
    ready = uow.shelf.book.aggregate(command.aggregate)
    if ready is None:
        raise NotFound(f"没有这张聚合表：{command.aggregate}")
    rows = uow.ledger.rebuild(ready, uow.shelf.find_form)
    event = AggregateRebuilt(f"aggregate:{ready.key}", ready.key, rows)
    return Done(f"「{ready.definition.title}」已重算，共 {rows} 行。", (event,), {"rows": rows}, settled=True)
