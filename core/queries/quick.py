"""A form and a sentence typed behind its name: what the draft would hold, before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.forms.actions import reading
from core.forms.definition import Form
from core.forms.quickfill import Quick, quick_fill
from core.store.work import UnitOfWork


@dataclass(frozen=True)
class Filled:
    """The form's key, and what the sentence gave."""

    form: str
    title: str
    quick: Quick

    @property
    def values(self) -> dict[str, Any]:
        """As a draft keeps them."""
        return self.quick.values


def form_called(uow: UnitOfWork, word: str) -> Form | None:
    """The form that this word opens: its title or one of its chat words."""
    for one in uow.shelf.all("form"):
        if isinstance(one, Form) and not one.hidden and (word == one.title or word in one.words):
            return uow.shelf.find_form(one.key)
    return None


def filled(uow: UnitOfWork, person: str, text: str) -> Filled | None:
    """`报销 打车 86.5 昨天`: None when the first word opens no form, or nothing follows it."""
    head, _, rest = text.partition(" ")
    form = form_called(uow, head) if rest.strip() else None
    if form is None:
        return None
    asking = reading(uow, {}, uow.shelf.form(form.key), person)
    return Filled(form.key, form.title, quick_fill(form, rest, asking, uow.scope(person).today))
