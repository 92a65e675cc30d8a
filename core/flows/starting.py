"""The first form: which of its fields the initiator sees, may write, has to fill, as the flow says (`start:`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Problem
from core.flows.definition import Flow, Right
from core.forms.definition import FieldDef, Form

WRITING = (Right.WRITE, Right.REQUIRED)
EMPTY: tuple[object, ...] = (None, "", [], ())


@dataclass(frozen=True)
class FirstForm:
    """Rights by field key; a field without one is as its form says. `later`: key → the step that fills it."""

    rights: Mapping[str, Right]
    later: Mapping[str, str]

    def hides(self, key: str) -> bool:
        """True for a field that is not on the first form."""
        return self.rights.get(key) is Right.HIDDEN

    def field(self, one: FieldDef) -> FieldDef:
        """The field as the first form has it."""
        right = self.rights.get(one.key)
        if right is None:
            return one
        readonly = right is Right.READ or (one.readonly and right not in WRITING)
        return one.model_copy(
            update={"required": one.required or right is Right.REQUIRED, "readonly": readonly}
        )

    def problems(
        self, form: Form, sent: Mapping[str, Any], values: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[Problem, ...]:
        """What was sent for fields that are not the initiator's, and what is missing.

        sent  what came now;  values  the whole record;  before  the stored one, or the draft
        """
        found = []
        for key, right in self.rights.items():
            one = form.field(key)
            label = one.label if one else key
            given = sent.get(key) not in EMPTY and sent.get(key) != before.get(key)
            if right in (Right.HIDDEN, Right.READ) and given:
                who = f"，由「{self.later[key]}」填写" if key in self.later else ""
                found.append(Problem(key, f"发起时不能填写「{label}」{who}"))
            elif right is Right.REQUIRED and values.get(key) in EMPTY:
                found.append(Problem(key, f"请填写「{label}」"))
        return tuple(found)


EVERYTHING = FirstForm({}, {})


def first_form(flow: Flow | None, form: Form) -> FirstForm:
    """The rights that a flow gives its initiator."""
    if flow is None or flow.start is None:
        return EVERYTHING
    later = _later(flow, form) if flow.start.later == "hide" else {}
    given = {key: right for name, right in flow.start.fields.items() if (key := _key(form, name))}
    later = {key: step for key, step in later.items() if given.get(key) not in WRITING}
    return FirstForm({**dict.fromkeys(later, Right.HIDDEN), **given}, later)


def _later(flow: Flow, form: Form) -> dict[str, str]:
    """Fields that a step of the flow writes and the form does not want at once: key → name of the step."""
    found: dict[str, str] = {}
    for step in flow.walk():
        for name, right in step.fields.items():
            key = _key(form, name)
            one = form.field(key) if key else None
            if one is not None and right in WRITING and not one.required:
                found.setdefault(one.key, step.name)
    return found


def _key(form: Form, name: str) -> str:
    found = form.field(name) or form.by_label(name)
    return found.key if found else ""
