"""Dry run: which records a rule would act on now, what it would do, and how that differs from the version in force.

Nothing is written. Rules that follow events are asked: if it happened to each record now, would the rule act?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import Invalid, UserError
from core.expressions import ExpressionError
from core.forms.definition import Form
from core.publishing import review
from core.queries.rules import titles
from core.rules.book import ReadyRule
from core.rules.doing import loader
from core.rules.engine import Case, judge
from core.rules.facts import facts_of
from core.rules.hits import hits
from core.rules.names import rule_schema
from core.rules.thresholds import sides, threshold_facts
from core.rules.when import Absence, Threshold, Waiting
from core.rules.would import would
from core.store.found import fulfilling, pages
from core.store.work import UnitOfWork

SHOWN = 20


@dataclass(frozen=True)
class DryRun:
    """Ids that the text would act on; of them new, and gone, against the version in force."""

    hits: list[str]
    added: list[str]
    gone: list[str]


def compare(uow: UnitOfWork, text: str) -> tuple[ReadyRule, DryRun]:
    """The rule of a text against the one in force with the same key. Raises Invalid, UserError."""
    fresh = _read(uow, text)
    found = matching(uow, fresh)
    present = uow.shelf.book.rules.get(fresh.key)
    before = matching(uow, present) if present is not None else {}
    run = DryRun(
        list(found), [one for one in found if one not in before], [one for one in before if one not in found]
    )
    return fresh, run


def _read(uow: UnitOfWork, text: str) -> ReadyRule:
    found = review(uow, text)
    wrong = tuple(one.problem() for one in found.mistakes if one.level == "error")
    rules = [one for one in found.parsed if one.kind == "rule"]
    if wrong:
        raise Invalid(wrong, "定义里有错误，不能试运行。")
    if len(rules) != 1 or len(found.parsed) != 1:
        raise UserError("not_a_rule", "试运行一次只看一条规则。")
    rule: Any = rules[0].model
    known = {key: one.definition for key, one in uow.shelf.book.aggregates.items()}
    return ReadyRule(
        rule, uow.shelf.version("rule", rule.key) + 1, rule_schema(rule, uow.shelf.find_form, known)
    )


def matching(uow: UnitOfWork, ready: ReadyRule) -> dict[str, Case | None]:
    """The records that a rule would act on, by id; the case where finding it was needed anyway."""
    when = ready.rule.when
    if isinstance(when, (Absence, Waiting)):
        return {
            case.record_id: case for case, _ in hits(uow, ready, uow.now, uow.now) if _holds(uow, ready, case)
        }
    form = uow.shelf.find_form(when.form) if when.form else None
    if form is None:
        raise UserError("no_form", "这条规则没有对应的表单，没有数据可以试运行。")
    if isinstance(when, Threshold):
        return {case.record_id: case for case in _beyond(uow, ready, form, when) if _holds(uow, ready, case)}
    return dict.fromkeys(_fulfilling(uow, ready, form))


def _fulfilling(uow: UnitOfWork, ready: ReadyRule, form: Form) -> Iterator[str]:
    ids, exact = fulfilling(uow.connection, form, ready.condition, uow.scope(), uow.shelf.find_form)
    if exact:
        yield from ids
        return
    load = loader(uow)
    for record in sorted(pages(uow.connection, form, ids), key=lambda one: one.id):
        case = Case(form, record, facts_of(form, record, load), "dry", "system")
        if _holds(uow, ready, case):
            yield record.id


def _beyond(uow: UnitOfWork, ready: ReadyRule, form: Form, when: Threshold) -> Iterator[Case]:
    definition = uow.shelf.book.aggregates[when.threshold].definition
    place = definition.key_of(form.key)
    sums = uow.ledger.all_measures(definition, place) if place is not None else {}
    for record in pages(uow.connection, form, sorted(sums)):
        facts = threshold_facts(uow, ready, form, record, sums[record.id])
        if sides(uow, ready, facts)[0]:
            yield Case(form, record, {**facts, "_actor": "system"}, "dry", "system")


def _holds(uow: UnitOfWork, ready: ReadyRule, case: Case) -> bool:
    try:
        return judge(ready, case.facts, uow.scope()).holds
    except ExpressionError:
        return False


def document(uow: UnitOfWork, text: str) -> dict[str, Any]:
    """For the page: numbers, the first records of each kind with what would be done."""
    ready, run = compare(uow, text)
    names = titles(uow)
    return {
        "rule": ready.key,
        "sentence": ready.rule.sentence(names),
        "hits": len(run.hits),
        "added": len(run.added),
        "gone": len(run.gone),
        "examples": [_example(uow, ready, one, names) for one in (run.added or run.hits)[:SHOWN]],
        "gone_examples": [_named(uow, ready, one) for one in run.gone[:SHOWN]],
    }


def _named(uow: UnitOfWork, ready: ReadyRule, record_id: str) -> dict[str, Any]:
    form = uow.shelf.form(ready.rule.when.form or _form_of(uow, record_id)).form
    record = uow.records.load(form, record_id)
    return {
        "id": record_id,
        "form": form.key,
        "number": record.number if record else "",
        "title": record.title if record else "",
    }


def _form_of(uow: UnitOfWork, record_id: str) -> str:
    found = uow.instances.of_record(record_id)
    return found[0].form if found else ""


def _example(uow: UnitOfWork, ready: ReadyRule, record_id: str, names: dict[str, str]) -> dict[str, Any]:
    named = _named(uow, ready, record_id)
    case = case_now(uow, ready, named["form"], record_id)
    return {**named, "would": would(uow, ready, case, names) if case else []}


def case_now(uow: UnitOfWork, ready: ReadyRule, form_key: str, record_id: str) -> Case | None:
    """What a rule would see of a record at this moment."""
    when = ready.rule.when
    form = uow.shelf.find_form(form_key)
    record = uow.records.load(form, record_id) if form else None
    if form is None or record is None:
        return None
    facts: dict[str, Any] = {**facts_of(form, record, loader(uow)), "_actor": "system"}
    if isinstance(when, Threshold):
        definition = uow.shelf.book.aggregates[when.threshold].definition
        sums = uow.ledger.measures(definition, definition.key_of(form.key) or 0, record_id)
        facts |= threshold_facts(uow, ready, form, record, sums)
    if isinstance(when, Absence):
        facts["_days"] = (uow.now.date() - record.created_at.astimezone(uow.house.zone).date()).days
        found = next((case for case, _ in hits(uow, ready, uow.now, uow.now, record_id)), None)
        facts = dict(found.facts) if found else facts
    return Case(form, record, facts, "dry", "system")
