"""Which buttons of rules a person may press on a record."""

from __future__ import annotations

from core.rules.hand import may_press
from core.rules.when import Button
from core.store.outbox import CardRow
from core.store.work import UnitOfWork


def buttons_for(uow: UnitOfWork, form: str, person: str) -> tuple[tuple[str, str], ...]:
    """(rule, text) of the buttons that records of a form carry for a person."""
    return tuple(
        (ready.key, ready.rule.when.button)
        for ready in uow.shelf.book.by.get(("button", form), ())
        if isinstance(ready.rule.when, Button) and may_press(uow, ready.rule.when, person)
    )


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
