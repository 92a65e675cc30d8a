"""Which rules an event sets off, and whether a rule's condition holds. Pure: the store is never asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.events import (
    Event,
    InstanceEnded,
    InstanceReturned,
    InstanceStarted,
    RecordCreated,
    RecordDeleted,
    RecordUpdated,
    TaskDecided,
)
from core.expressions import Clause, Scope
from core.flows.instance import InstanceState
from core.forms.definition import Form
from core.forms.storage import Record
from core.rules.book import Book, ReadyRule
from core.rules.facts import told
from core.rules.when import FlowHappened, Saved, Updated


@dataclass(frozen=True)
class Case:
    """What a rule looks at.

    event  unique for (rule, version, record): what set it off    facts  the row for expressions
    depth, cause  how many rules stand before it in the chain, and the run of the last one
    """

    form: Form | None
    record: Record | None
    facts: Mapping[str, Any]
    event: str
    actor: str
    depth: int = 0
    cause: str = ""
    rung: int = 0

    @property
    def record_id(self) -> str:
        """ "" for rules over none."""
        return self.record.id if self.record else ""


@dataclass(frozen=True)
class Judged:
    """Whether the condition holds, clause by clause, and the values that were seen."""

    holds: bool
    clauses: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)


def triggered(book: Book, event: Event, form: Form) -> list[ReadyRule]:
    """The rules that an event of a form sets off, in their order."""
    families: list[tuple[str, str]] = [(name, form.key) for name in _families(event)]
    found = [one for place in families for one in book.by.get(place, ()) if _fits(one, event, form)]
    return sorted(found, key=lambda one: (one.rule.order, one.key))


def _families(event: Event) -> tuple[str, ...]:
    match event:
        case RecordCreated():
            return ("created", "saved")
        case RecordUpdated():
            return ("updated", "saved")
        case RecordDeleted():
            return ("deleted",)
        case InstanceEnded(result=result):
            effective = result == InstanceState.APPROVED.value
            return ("effective" if effective else "voided", "flowhappened")
        case InstanceStarted() | InstanceReturned() | TaskDecided():
            return ("flowhappened",)
    return ()


def _fits(ready: ReadyRule, event: Event, form: Form) -> bool:
    when = ready.rule.when
    if isinstance(when, FlowHappened):
        return _flow_fits(when, event)
    if isinstance(when, (Updated, Saved)) and isinstance(event, RecordUpdated) and when.fields:
        wanted = {found.key for one in when.fields if (found := form.by_label(one))}
        return bool(wanted & set(event.after))
    return True


def _flow_fits(when: FlowHappened, event: Event) -> bool:
    match event:
        case InstanceStarted():
            return when.flow == "started"
        case InstanceEnded():
            return when.flow == "ended"
        case InstanceReturned():
            return when.flow == "returned"
        case TaskDecided():
            return when.flow == "decided" and when.verdict in ("", event.verdict)
    return False


def judge(ready: ReadyRule, facts: Mapping[str, Any], scope: Scope) -> Judged:
    """The condition over the facts. Raises ExpressionError."""
    condition = ready.condition
    extras = {label: told(facts[key]) for key, label in ready.extras if key in facts}
    if condition is None:
        return Judged(True, [], extras)
    holds = bool(condition.evaluate(facts, scope))
    clauses = condition.explain(facts, scope)
    seen = {label: told(facts.get(key)) for key, label in ready.named}
    return Judged(holds, [clause_json(one) for one in clauses], extras | seen)


def clause_json(clause: Clause) -> dict[str, Any]:
    """A clause for logs and pages."""
    found: dict[str, Any] = {"text": clause.text, "truth": clause.truth, "value": told(clause.value)}
    if clause.parts:
        found["parts"] = [clause_json(one) for one in clause.parts]
    return found
