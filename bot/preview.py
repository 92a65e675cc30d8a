"""What a definition will look like, for the design page: the PREVIEW document of docs/pages-api.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.cards import Card
from bot.views import Frame, form_card, reminder_card, task_card
from core.definitions import Parsed
from core.errors import UserError
from core.flows.definition import Flow
from core.forms.check import check
from core.forms.defaults import defaults
from core.forms.definition import Form
from core.forms.fields import Names, Reading
from core.forms.schema import FindForm, ready
from core.forms.text import plain, show
from core.queries import flows, forms
from core.queries.cards import ON_CARD, FormView, ReminderView, TaskView
from core.queries.phrases import company_phrases
from core.queries.rules import titles
from core.rules.definition import Rule
from core.store.work import UnitOfWork


def preview(uow: UnitOfWork, parsed: Parsed) -> dict[str, Any] | None:
    """PREVIEW of one definition; None for what has no picture or does not hold together yet."""
    try:
        match parsed.model:
            case Form():
                return _form(uow, parsed.model)
            case Flow():
                return _flow(uow, parsed.model)
            case Rule():
                return _rule(uow, parsed.model)
    except UserError:
        return None
    return None


def _frame(uow: UnitOfWork) -> Frame:
    return Frame("#", "", uow.house.zone)


def _form(uow: UnitOfWork, form: Form) -> dict[str, Any]:
    made = ready(form, 0, _finder(uow, form), named=uow.shelf.named_form)
    me = next(iter(uow.people.people), "")
    scope = uow.scope(me)
    start = defaults(made, scope)
    values = check(made, {}, Reading(uow.people), scope, complete=False).values
    names = Names(uow.people)
    on_card = tuple(
        (one, plain(one, start.get(one.key)))
        for one in form.fields
        if one.type in ON_CARD and not one.readonly and not one.formula
    )
    elsewhere = [
        one for one in form.fields if one.type not in ON_CARD and not one.readonly and not one.formula
    ]
    shown = tuple(
        (one.label, show(one, values.get(one.key), names))
        for one in form.fields
        if (one.readonly or one.formula) and values.get(one.key) not in (None, "", [])
    )
    view = FormView(
        title=form.title,
        draft_id="",
        revision=1,
        on_card=on_card,
        shown=shown,
        page_only=tuple(one.label for one in elsewhere),
        page_first=any(one.required or one.rows[0] > 0 for one in elsewhere),
        problems=(),
    )
    return {"form": forms.document(made, scope), "card": card_json(form_card(view, _frame(uow)))}


def _finder(uow: UnitOfWork, form: Form) -> FindForm:
    return lambda key: form if key == form.key else uow.shelf.find_form(key)


def _flow(uow: UnitOfWork, flow: Flow) -> dict[str, Any]:
    form = uow.shelf.find_form(flow.form)
    people = list(uow.people.people.values())
    step = next((one for one in flow.walk() if one.kind == "approve"), None)
    rows = tuple((one.label, "…") for one in (form.fields if form else ())[:5])
    view = TaskView(
        title=flow.title,
        form_title=form.title if form else flow.form,
        number="0001",
        step=step.name if step else "",
        initiator=people[-1].called if people else "",
        task_id="",
        version=1,
        open=True,
        refused=False,
        rows=rows,
        over="",
        comment="",
        phrases=company_phrases(uow),
    )
    return {
        "steps": flows.steps(uow, flow, None),
        "card": card_json(task_card(view, _frame(uow))) if step else None,
    }


def _rule(uow: UnitOfWork, rule: Rule) -> dict[str, Any]:
    names = titles(uow)
    if not any(one.remind for one in rule.then):
        return {"sentence": rule.sentence(names), "card": None}
    days = getattr(rule.when, "days", 0)
    view = ReminderView(
        title=rule.title,
        text=rule.remind.text.replace("{天数}", str(days + 1 if isinstance(days, int) else 1)),
        reminder_id="",
        version=1,
        open=True,
        over="",
        buttons=tuple((one.text, ()) for one in rule.remind.buttons),
    )
    return {"sentence": rule.sentence(names), "card": card_json(reminder_card(view, _frame(uow)))}


def card_json(card: Card) -> dict[str, Any]:
    """CARD of docs/pages-api.md."""
    card = replace(card, link="")
    return {
        "title": card.title,
        "tone": card.tone.value,
        "body": card.body,
        "fields": [{"label": one.label, "value": one.value} for one in card.fields],
        "inputs": [
            {
                "key": one.key,
                "label": one.label,
                "kind": one.kind.value,
                "required": one.required,
                "options": [{"value": option.value, "text": option.text} for option in one.options],
                "value": one.value,
            }
            for one in card.inputs
        ],
        "submit": card.submit.text if card.submit else None,
        "buttons": [{"name": one.name, "text": one.text, "style": one.style.value} for one in card.buttons],
        "note": card.note,
    }
