"""What the form designer is told: kinds and properties, read off the registry and the pydantic models.

A new kind in core/forms/fields, or a new property in definition.py, appears in the designer without a line there.
"""

from __future__ import annotations

from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, FieldKind
from core.forms.lint import IN_ROWS
from core.forms.wording import CHOICES, OF_MODEL, WORDS

Told = dict[str, Any]

CONDITIONS = frozenset({"if", "visible_if", "required_if", "readonly_if"})
# What a text property holds where its type alone does not say it.
EDITORS: dict[str, str] = {
    "formula": "formula",
    "default": "default",
    "options": "options",
    "option_set": "option_set",
    "to": "form",
    "of": "form",
    "form": "form",
    "create": "form",
    "via": "link_field",
    "target": "link_field",
    "at": "field",
    "each": "subtable_field",
    "rule": "serial",
    "number": "serial",
    "html": "long_text",
    "help": "long_text",
    "summary": "template",
    "rename": "template",
    "take": "their_field",
    "by": "their_link",
    "color": "color",
}
ALWAYS = ("label", "key", "required", "readonly", "placeholder", "help", "width")
SHOWING = ("visible_if", "required_if", "readonly_if", "when_hidden")
OTHER = ("fill_from", "from")
LAYOUT_LACKS = frozenset({"required", "readonly", "placeholder", "required_if", "readonly_if", "when_hidden"})


def kinds() -> list[Told]:
    """Every field kind, in the order of the registry."""
    return [_kind(one) for one in KINDS.values()]


def _kind(kind: FieldKind) -> Told:
    own = [_written(one) for one in kind.properties if one != "fields"]
    common = [one for one in ALWAYS if not (kind.layout and one in LAYOUT_LACKS)]
    if kind.own_line:
        common.remove("width")
    if kind.computed:
        common = [one for one in common if one not in ("required", "readonly", "placeholder")]
    showing = [one for one in SHOWING if not (kind.layout and one in LAYOUT_LACKS)]
    sections = [
        {"title": "基本", "properties": common},
        {"title": kind.title, "properties": own},
        {"title": "显示与条件", "properties": showing},
        {"title": "更多", "properties": [] if kind.layout or kind.computed else list(OTHER)},
    ]
    return {
        "type": kind.name,
        "title": kind.title,
        "group": kind.group,
        "icon": kind.icon,
        "help": kind.help,
        "layout": kind.layout,
        "computed": kind.computed,
        "in_rows": kind.name not in IN_ROWS,
        "kind": kind.kind.value,
        "needs": list(kind.needs),
        "starts": dict(kind.starts),
        "sections": [one for one in sections if one["properties"]],
    }


def shapes() -> dict[str, list[Told]]:
    """Every model of a form's definition by its name → its properties."""
    found: dict[str, list[Told]] = {}
    waiting: list[type[BaseModel]] = [Form]
    while waiting:
        model = waiting.pop()
        if model.__name__ in found:
            continue
        found[model.__name__] = [
            _property(model, name, info) for name, info in model.model_fields.items() if not info.exclude
        ]
        for info in model.model_fields.values():
            waiting += _models(info.annotation)
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for part in get_args(annotation) for one in _models(part)]


def _written(attribute: str) -> str:
    info = FieldDef.model_fields.get(attribute)
    return yaml_name(attribute, info) if info else attribute


def yaml_name(name: str, info: FieldInfo) -> str:
    """How a property is written in YAML."""
    alias = info.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else name


def _property(model: type[BaseModel], attribute: str, info: FieldInfo) -> Told:
    name = yaml_name(attribute, info)
    title, about = OF_MODEL.get((model.__name__, name)) or WORDS.get(name, (name, ""))
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    told = {
        "name": name,
        "title": title,
        "help": about,
        "needed": info.is_required(),
        "default": _plain(default),
        **_editor(name, info.annotation),
        **_limits(info),
    }
    if told["editor"] == "choice":
        told["choices"] = [
            {"value": one, "text": CHOICES.get((name, one), one)} for one in told.pop("values")
        ]
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, bool, NoneType)) else None


def _limits(info: FieldInfo) -> Told:
    names = {"ge": "min", "le": "max", "max_length": "longest", "min_length": "least"}
    found = {to: getattr(one, of) for one in info.metadata for of, to in names.items() if hasattr(one, of)}
    return {name: value for name, value in found.items() if value is not None}


def _editor(name: str, annotation: Any) -> Told:
    """Which editor a property has, by its name where that says more, else by its type."""
    plain = _without_none(annotation)
    if name in CONDITIONS:
        return {"editor": "condition"}
    if name in EDITORS and plain is not bool:
        return {"editor": EDITORS[name]}
    if get_origin(plain) is Literal:
        return {"editor": "choice", "values": list(get_args(plain))}
    if get_origin(plain) is tuple:
        return _of_tuple(get_args(plain))
    if get_origin(plain) is dict:
        part = get_args(plain)[1]
        inner = _models(part)
        return {"editor": "named_models", "shape": inner[0].__name__} if inner else {"editor": "pairs"}
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return {"editor": "model", "shape": plain.__name__}
    return {"editor": {bool: "switch", int: "integer", Decimal: "number"}.get(plain, "text")}


def _of_tuple(parts: tuple[Any, ...]) -> Told:
    inner = _models(parts[0])
    if inner:
        return {"editor": "models", "shape": inner[0].__name__}
    return {"editor": "texts" if parts[0] is str else "range"}


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return rest[0] if len(rest) == 1 else str
    return annotation
