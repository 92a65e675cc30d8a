"""The Form component of a DingTalk card: inputs to its field list, and a submit's values back to plain ones.

Field types, default shapes and callback shapes: KB card/03/0014 (表单变量). SELECT wants `{"index",
"value"}`, CHECKBOX_GROUP (a radio list) wants the bare value; mixing them shows nothing selected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards import Input, InputKind, Option

LIMIT = 3000
"""Characters of the whole form; beyond about this the client was seen to stay blank (SOIMY #615)."""

RADIO_OPTIONS = 5
"""A select with at most so many options is drawn as a radio list, which works better than a dropdown."""

TYPES = {
    InputKind.TEXT: "TEXT",
    InputKind.LONG_TEXT: "TEXT_AREA",
    InputKind.NUMBER: "NUMBER",
    InputKind.DATE: "DATE",
    InputKind.DATETIME: "DATETIME",
    InputKind.TIME: "TIME",
    InputKind.SELECT: "SELECT",
    InputKind.MULTI_SELECT: "MULTI_SELECT",
    InputKind.SWITCH: "SWITCH",
}


def form_json(inputs: Sequence[Input]) -> str:
    """The value of the template's `form` variable."""
    return compact({"fields": [_field(one) for one in inputs]})


def compact(value: object) -> str:
    """JSON as card variables and acks carry it: text stays readable, no blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _field(one: Input) -> dict[str, Any]:
    kind = TYPES[one.kind]
    if one.kind is InputKind.SELECT and len(one.options) <= RADIO_OPTIONS:
        kind = "CHECKBOX_GROUP"
    field: dict[str, Any] = {"name": one.key, "label": one.label, "type": kind}
    if one.required:
        field |= {"required": True, "requiredMsg": f"请填写{one.label}"}
    if one.readonly:
        field["readOnly"] = True
    if one.placeholder:
        field["placeholder"] = one.placeholder
    if one.options:
        field["options"] = [{"value": option.value, "text": option.text} for option in one.options]
    if (present := _default(one, kind)) is not None:
        field["defaultValue"] = present
    return field


def _default(one: Input, kind: str) -> object:
    match one.value:
        case None | "" | ():
            return None
        case bool():
            return one.value
        case str() if kind == "SELECT":
            return {"index": _place(one.options, one.value), "value": one.value}
        case tuple():
            return {"index": [_place(one.options, each) for each in one.value], "value": list(one.value)}
        case _:
            return one.value


def _place(options: Sequence[Option], value: str) -> int:
    return next((place for place, option in enumerate(options) if option.value == value), -1)


def read_form(form: Mapping[str, object]) -> dict[str, object]:
    """What was typed or chosen, by input key: text, tuple of option values, bool; empty ones are absent."""
    plain = {key: _plain(value) for key, value in form.items()}
    return {key: value for key, value in plain.items() if value not in (None, "", ())}


def _plain(value: object) -> str | tuple[str, ...] | bool | None:
    match value:
        case bool():
            return value
        case str():
            return value if value.strip() else None
        case int() | float():
            return str(value)
        case {"value": inner}:
            return _plain(inner)
        case list():
            return tuple(str(each) for each in value if each not in (None, ""))
        case _:
            return None
