"""Which buttons of rules a person may press on a record."""

from __future__ import annotations

from typing import Any

from core.expressions import ExpressionError
from core.forms.definition import Form
from core.forms.storage import Record
from core.rules.book import ReadyRule
from core.rules.doing import loader
from core.rules.facts import facts_of
from core.rules.hand import may_press
from core.rules.react import active
from core.rules.when import Button
from core.store.outbox import CardRow
from core.store.work import UnitOfWork

RULE = "rule:"  # before a rule's key: the button of a rule, not of the form


def buttons_for(uow: UnitOfWork, form: str, person: str) -> tuple[tuple[str, str], ...]:
    """(rule, text) of the buttons that records of a form carry for a person."""
    return tuple(
        (ready.key, ready.rule.when.button)
        for ready in uow.shelf.book.by.get(("button", form), ())
        if isinstance(ready.rule.when, Button) and may_press(uow, ready.rule.when, person)
    )


def on_record(uow: UnitOfWork, form: Form, record: Record, person: str) -> list[dict[str, Any]]:
    """The buttons of rules as a record's page shows them: those whose condition holds now."""
    if record.deleted_at is not None or record.voided_at is not None:
        return []
    facts = {**facts_of(form, record, loader(uow)), "_actor": person}
    return [
        {"key": f"{RULE}{ready.key}", "text": when.button, "style": "", "confirm": when.confirm, "ask": []}
        for ready in uow.shelf.book.by.get(("button", form.key), ())
        if isinstance(when := ready.rule.when, Button)
        and may_press(uow, when, person)
        and active(ready, uow)
        and _holds(uow, ready, facts, person)
    ]


def _holds(uow: UnitOfWork, ready: ReadyRule, facts: dict[str, Any], person: str) -> bool:
    try:
        return ready.condition is None or bool(ready.condition.evaluate(facts, uow.scope(person)))
    except ExpressionError:
        return True  # pressing it says what is wrong


def rule_for(uow: UnitOfWork, person: str, word: str) -> str:
    """The rule that a chat word means, "" when there is none for this person."""
    for key, ready in uow.shelf.book.rules.items():
        when = ready.rule.when
        if isinstance(when, Button) and word in when.words and may_press(uow, when, person):
            return key
    return ""


def record_of(uow: UnitOfWork, card: CardRow) -> str:
    """The record that a progress card shows."""
    if card.subject_kind == "draft":
        draft = uow.drafts.load(card.subject_id)
        return (draft.record_id or "") if draft else ""
    instance = uow.instances.load(card.subject_id)
    return instance.record_id if instance else ""
