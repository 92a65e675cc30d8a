"""The Form component of the DingTalk client: what it shows, what it refuses, and how it encodes a submit.

Only `required` is checked by the client. Empty optional fields are absent from the callback, hidden and
read-only ones are
sent. Values on the page's side are plain: text, number, boolean, list of texts (docs/sandbox.md).
"""

from collections.abc import Mapping
from typing import Any

CHOICES = frozenset({"SELECT", "MULTI_SELECT", "CHECKBOX_GROUP", "MULTI_CHECKBOX_GROUP"})
MANY = frozenset({"MULTI_SELECT", "MULTI_CHECKBOX_GROUP", "TEXT_ARRAY"})
SWITCHES = frozenset({"CHECKBOX", "SWITCH"})
KNOWN = frozenset({"TEXT", "TEXT_AREA", "NUMBER", "DATE", "DATETIME", "TIME"}) | CHOICES | MANY | SWITCHES
Field = Mapping[str, Any]


class FormRefused(Exception):
    """The client does not send the form; the text is what it shows."""


def fields_of(form: Any) -> list[Field]:
    """The fields that the client renders: unknown types and nameless ones are left out."""
    fields = form.get("fields") if isinstance(form, dict) else None
    return [
        f for f in fields or [] if isinstance(f, dict) and f.get("name") and f.get("type", "TEXT") in KNOWN
    ]


def plain(field: Field, value: Any) -> Any:
    """A default value as plain value; a wrongly shaped default shows as nothing selected, as on the real
    client.
    """
    kind = field.get("type", "TEXT")
    if kind in ("SELECT", "MULTI_SELECT"):
        value = value.get("value") if isinstance(value, dict) else None
    if value in (None, ""):
        return None
    if kind in MANY:
        return [str(v) for v in value] if isinstance(value, list) else None
    if kind in CHOICES:
        return value if isinstance(value, str) else None
    if kind in SWITCHES:
        return value is True or value == "true"
    return value if isinstance(value, int | float) and kind == "NUMBER" else str(value)


def drawn_field(field: Field, typed: Mapping[str, Any]) -> dict[str, Any]:
    """One visible field for the page; what was typed into a field of that name stays in it."""
    label = str(field.get("label") or "")
    name = str(field["name"])
    return {
        "key": name,
        "label": label,
        "type": field.get("type", "TEXT"),
        "required": bool(field.get("required")),
        "required_message": field.get("requiredMsg") or f"{label}是必填项",
        "readonly": bool(field.get("readOnly")),
        "placeholder": field.get("placeholder") or "",
        "format": field.get("format"),
        "options": [
            {"value": str(o.get("value")), "text": str(o.get("text"))} for o in field.get("options") or []
        ],
        "value": value_shown(field, typed),
    }


def value_shown(field: Field, typed: Mapping[str, Any]) -> Any:
    name = field["name"]
    if name in typed and not field.get("readOnly") and not field.get("hidden"):
        return typed[name]
    return plain(field, field.get("defaultValue"))


def submit(
    form: Any, typed: Mapping[str, Any], values: Mapping[str, Any], *, forge: bool = False
) -> dict[str, Any]:
    """The `form` object of the callback. `values` are this submit's plain values, `typed` what stands in
    the client.

    Raises FormRefused for a missing required field, a change of a read-only one, or a value the widget
    cannot produce.
    """
    sent: dict[str, Any] = {}
    fields = fields_of(form)
    for field in fields:
        name = str(field["name"])
        fixed = (field.get("readOnly") or field.get("hidden")) and not forge
        if fixed and name in values and values[name] != value_shown(field, {}):
            raise FormRefused(f"{field.get('label') or name}不能修改")
        value = values[name] if name in values and not fixed else value_shown(field, typed)
        if _empty(value):
            if field.get("required") and not field.get("hidden") and not forge:
                raise FormRefused(field.get("requiredMsg") or f"{field.get('label') or name}是必填项")
            continue
        sent[name] = encode(field, value, forge=forge)
    unknown = values.keys() - {str(f["name"]) for f in fields}
    if unknown and not forge:
        raise FormRefused(f"表单里没有 {'、'.join(sorted(unknown))}")
    return sent | ({key: values[key] for key in unknown} if forge else {})


def _empty(value: Any) -> bool:
    return value is None or value in ("", [])


def encode(field: Field, value: Any, *, forge: bool = False) -> Any:
    """One plain value as the client sends it for the field's type. Raises FormRefused."""
    kind = field.get("type", "TEXT")
    if kind in CHOICES:
        return _choice(field, kind, value, forge=forge)
    if kind == "TEXT_ARRAY":
        return [str(v) for v in value] if isinstance(value, list) else [str(value)]
    if kind in SWITCHES:
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "NUMBER" and not forge:
        try:
            float(value)
        except (TypeError, ValueError) as mistake:
            raise FormRefused(f"{field.get('label') or field['name']}请填写数字") from mistake
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _choice(field: Field, kind: str, value: Any, *, forge: bool) -> Any:
    """The value may be given by an option's value or, as a person sees it, by its text."""
    known = [str(o.get("value")) for o in field.get("options") or []]
    texts = {str(o.get("text")): str(o.get("value")) for o in field.get("options") or []}
    given = [str(v) for v in value] if isinstance(value, list) else [str(value)]
    wanted = [v if v in known else texts.get(v, v) for v in given]
    if not forge and (missing := [v for v in wanted if v not in known]):
        raise FormRefused(f"{field.get('label') or field['name']}没有选项 {missing[0]}")
    places = [known.index(v) if v in known else -1 for v in wanted]
    match kind:
        case "SELECT":
            return {"index": places[0], "value": wanted[0]}
        case "MULTI_SELECT":
            return {"index": places, "value": wanted}
        case "CHECKBOX_GROUP":
            return wanted[0]
        case _:
            return wanted
