"""What the editor offers while a definition is typed: keys of its kind, fields, people, roles, functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

from pydantic import AliasChoices, BaseModel

from core.definitions import MODELS, Parsed
from core.expressions import TABLE
from core.flows.definition import STEP_KINDS
from core.forms.definition import Form
from core.forms.fields import KINDS
from core.store.work import UnitOfWork

Name = dict[str, str]

_HEAD = re.compile(r"^(form|flow|rule|report):\s*([a-z][a-z0-9_]*)", re.MULTILINE)
_FORM_KEYS = re.compile(r"\b(?:form|source|of|absence|to|create):\s*([a-z][a-z0-9_]*)")


def head(text: str) -> tuple[str, str]:
    """Kind and key of the first definition of a text, right or wrong; empty when it has none."""
    found = _HEAD.search(text)
    return (found[1], found[2]) if found else ("", "")


def names(uow: UnitOfWork, text: str, parsed: tuple[Parsed, ...]) -> list[Name]:
    """Everything that may be typed, the likeliest first."""
    kind, _ = head(text)
    forms = list(_forms(uow, text, parsed))
    return [
        *_fields(forms),
        *keys_of(kind),
        *_form_names(uow),
        *_people(uow),
        *_groups(uow),
        *functions(),
    ]


def _forms(uow: UnitOfWork, text: str, parsed: tuple[Parsed, ...]) -> Iterator[Form]:
    """The forms that a text speaks of: those in it, then those in force that it names."""
    own = {one.key: one.model for one in parsed if isinstance(one.model, Form)}
    yield from own.values()
    for key in dict.fromkeys(_FORM_KEYS.findall(text)):
        found = uow.shelf.find_form(key) if key not in own else None
        if found is not None:
            yield found


def _fields(forms: list[Form]) -> Iterator[Name]:
    seen: set[str] = set()
    for form in forms:
        for path, field in form.walk():
            table = form.field(path.partition(".")[0]) if "." in path else None
            label = f"{table.label}.{field.label}" if table else field.label
            if label not in seen:
                seen.add(label)
                detail = f"{form.title} · {KINDS[field.type].title} · {path}"
                yield {"insert": label, "label": label, "detail": detail}


def _form_names(uow: UnitOfWork) -> Iterator[Name]:
    for key in uow.shelf.keys("form"):
        yield {"insert": key, "label": uow.shelf.form(key).form.title, "detail": "表单"}


def _people(uow: UnitOfWork) -> Iterator[Name]:
    for role in uow.people.roles.values():
        yield {"insert": role.name, "label": role.name, "detail": f"角色，{len(role.people)} 人"}
    for person in uow.people.people.values():
        if person.active:
            department = uow.people.department_of(person.id)
            yield {"insert": person.id, "label": person.name, "detail": f"人员 · {department}"}


def _groups(uow: UnitOfWork) -> Iterator[Name]:
    for group in uow.groups.all():
        yield {"insert": group.name, "label": group.name, "detail": "群"}


@lru_cache(maxsize=1)
def functions() -> tuple[Name, ...]:
    """The functions of the expression language, with their use and help."""
    return tuple({"insert": one.name, "label": one.usage, "detail": one.help} for one in TABLE)


@lru_cache(maxsize=8)
def keys_of(kind: str) -> tuple[Name, ...]:
    """The YAML keys of a kind of definition and of everything inside it, from its pydantic models."""
    if kind not in MODELS:
        return tuple({"insert": one, "label": one, "detail": "定义的开头"} for one in MODELS)
    found: dict[str, Name] = {}
    for model in _models(MODELS[kind]):
        for name, field in model.model_fields.items():
            alias = field.validation_alias
            key = str(alias.choices[0]) if isinstance(alias, AliasChoices) else name
            detail = field.description or f"{model.__name__} 的键"
            found.setdefault(key, {"insert": key, "label": key, "detail": detail})
    if kind == "flow":
        found |= {one: {"insert": one, "label": one, "detail": "步骤"} for one in STEP_KINDS}
    return tuple(found.values())


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and the models of its fields, each once, outermost first."""
    found: list[type[BaseModel]] = []
    waiting = [model]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found.append(one)
            for field in one.model_fields.values():
                waiting += _inside(field.annotation)
    return found


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for one in get_args(annotation) for model in _inside(one)]
