"""Forms as pages draw them: the FORM document of docs/pages-api.md, and the three H5 pages behind a card's link."""

from __future__ import annotations

from typing import Any

from core.expressions import Expression, Scope
from core.flows.instance import InstanceState
from core.flows.starting import FirstForm, first_form
from core.forms.asking import reading
from core.forms.behalf import may_start_for
from core.forms.check import check
from core.forms.defaults import defaults
from core.forms.definition import FieldDef, OptionDef, UrlDefault
from core.forms.fields.member import may_be
from core.forms.schema import ReadyForm
from core.forms.text import plain, plain_values
from core.store.drafts import Draft
from core.store.work import UnitOfWork


def document(ready: ReadyForm, scope: Scope) -> dict[str, Any]:
    """FORM. Expressions travel as checked syntax trees; the page never evaluates text."""
    form = ready.form
    return {
        "key": form.key,
        "title": form.title,
        "version": ready.version,
        "fields": [_field(one, one.key, ready, scope) for one in form.fields],
        "tabs": any(one.type == "tab" for one in form.fields),
        "checks": [
            {"when": condition.tree(), "say": one.say, "level": one.level, "at": one.at}
            for one, condition in zip(form.checks, ready.checks, strict=True)
        ],
    }


# Of FIELD: what is handed on as the definition says it.
AS_DEFINED = (
    *("key", "label", "type", "computed", "required", "placeholder", "help", "style", "unit", "rounding"),
    *("thousands", "currency", "capital", "lines", "min_length", "pattern", "mask", "scan", "code", "step"),
    *("span_unit", "min_items", "max_items", "detail", "collapsed", "unique", "when_hidden", "to", "create"),
    *("via", "take", "live", "of", "agg", "max_files", "max_size", "width"),
)


def _field(field: FieldDef, path: str, ready: ReadyForm, scope: Scope) -> dict[str, Any]:
    """FIELD."""
    return {
        **{name: getattr(field, name) for name in AS_DEFINED},
        **_expressions(path, ready),
        "shown_type": field.base.type,
        "stored": field.stored and not field.layout,
        "readonly": field.readonly or field.computed,
        "options": [_option(one) for one in field.options],
        "other": field.other or field.options_from is not None,
        "free": field.other,
        "min": _text(field.min),
        "max": _text(field.max),
        "decimals": field.scale,
        "default": _default(field, path, ready, scope),
        "url": field.default.url if isinstance(field.default, UrlDefault) else None,
        "fields": [_field(one, f"{path}.{one.key}", ready, scope) for one in field.fields],
        "rows": list(field.rows),
        "copy": field.copy_down,
        "pick": _pick(field),
        "linked": _linked(field, path, ready),
        "depends": sorted(depends(path, ready)),
        "accept": list(field.accept),
    }


def _expressions(path: str, ready: ReadyForm) -> dict[str, Any]:
    found = {"formula": dict(ready.formulas).get(path)}
    for name in ("required_if", "visible_if", "readonly_if"):
        found[name] = getattr(ready, name).get(path)
    return {name: _tree(one) for name, one in found.items()}


def _option(one: OptionDef) -> dict[str, Any]:
    found = {"value": one.value, "text": one.shown, "color": one.color, "help": one.help}
    return {**found, "off": one.off, "alone": one.alone, "score": _text(one.score)}


def _pick(field: FieldDef) -> dict[str, Any] | None:
    if field.pick is None:
        return None
    return {"form": field.pick.form, "many": field.pick.many, "columns": dict(field.pick.columns)}


def _linked(field: FieldDef, path: str, ready: ReadyForm) -> bool:
    """Whether the page has to ask the server when something changes."""
    asked = path in ready.fills or path in ready.options or field.type in ("lookup", "rollup")
    return asked or field.type in ("date_range", "datetime_range") or _elsewhere(path, ready)


def _elsewhere(path: str, ready: ReadyForm) -> bool:
    """Whether a formula reads other records: behind a link, or by 查询."""
    formula = dict(ready.formulas).get(path)
    if formula is None:
        return False
    return bool(formula.asked) or any(set(n.split(".")[:-1]) & ready.reaches for n in formula.names)


def depends(path: str, ready: ReadyForm) -> set[str]:
    """The fields whose change makes the server be asked for this one."""
    found: set[str] = set()
    for queries in (ready.fills, ready.options):
        if path in queries:
            found |= {name for _, one in queries[path].where for name in one.names}
    one = dict(ready.form.walk()).get(path)
    if one is not None and one.type == "lookup":
        found |= {k for k, other in ready.form.walk() if one.via in (other.key, other.label)}
    if _elsewhere(path, ready):
        found |= {name.split(".")[0] for name in dict(ready.formulas)[path].names}
    if one is not None and one.type in ("date_range", "datetime_range"):
        found.add(path)
    return found


def _default(field: FieldDef, path: str, ready: ReadyForm, scope: Scope) -> Any:
    """What a new row of a sub-table starts with, as plain JSON: a computed default is worked out here."""
    if (found := ready.defaults.get(path)) is not None:
        return plain(field, found.evaluate({}, scope))
    return None if field.default is None or isinstance(field.default, UrlDefault) else str(field.default)


def _tree(expression: Expression | None) -> dict[str, Any] | None:
    return expression.tree() if expression else None


def _text(value: Any) -> str | None:
    return None if value is None else format(value, "f")


def page_values(uow: UnitOfWork, ready: ReadyForm, draft: Draft) -> dict[str, Any]:
    """What the page starts with: what was typed over the defaults; what cannot be read stays as it was typed."""
    return {**start_values(uow, ready, draft.on_behalf or draft.person), **draft.values}


def start_values(uow: UnitOfWork, ready: ReadyForm, person: str) -> dict[str, Any]:
    """The values of a new record as JSON: its defaults."""
    asking = reading(uow, {}, ready, person)
    return plain_values(ready.form.fields, defaults(ready, uow.scope(person), asking))


def draft_page(uow: UnitOfWork, draft: Draft) -> dict[str, Any]:
    """The form page of a draft. A returned record opens again; a submitted one says so."""
    ready = uow.shelf.form(draft.form)
    instance = uow.instances.load(draft.instance_id) if draft.instance_id else None
    returned = instance is not None and instance.state is InstanceState.RETURNED
    found = uow.shelf.flow_of(draft.form)
    first = first_form(found[0] if found else None, ready.form)
    submitted = None
    if draft.record_id and not returned:
        record = uow.records.load(ready.form, draft.record_id)
        submitted = {"number": record.number if record else "", "record_id": draft.record_id}
    return {
        "kind": "form",
        "draft": {
            "id": draft.id,
            "revision": draft.revision,
            "values": {k: v for k, v in page_values(uow, ready, draft).items() if not first.hides(k)},
            "submitted": submitted,
            "returned": instance is not None and returned,
            "on_behalf": draft.on_behalf,
        },
        "behalf": draft.record_id is None and found is not None and may_start_for(uow, draft.person),
        "form": first_document(first, ready, uow.scope(draft.on_behalf or draft.person)),
        "people": people(uow),
        "among": among(uow, ready),
        "departments": [
            {"id": d.id, "name": d.name, "parent": d.parent} for d in uow.people.departments.values()
        ],
        "roles": [{"id": r.id, "name": r.name} for r in uow.people.roles.values()],
        "problems": draft.problems,
        "links": link_choices(uow, ready),
    }


def first_of(uow: UnitOfWork, form: str, ready: ReadyForm) -> FirstForm:
    """What the form's flow says about its first form."""
    found = uow.shelf.flow_of(form)
    return first_form(found[0] if found else None, ready.form)


def first_document(first: FirstForm, ready: ReadyForm, scope: Scope) -> dict[str, Any]:
    """FORM as its initiator fills it."""
    whole = document(ready, scope)
    fields = []
    for one in whole["fields"]:
        if first.hides(one["key"]):
            continue
        field = ready.form.field(one["key"])
        mine = first.field(field) if field else None
        changed = {"required": mine.required, "readonly": mine.readonly or mine.computed} if mine else {}
        fields.append({**one, **changed})
    return {**whole, "fields": fields}


def link_choices(uow: UnitOfWork, ready: ReadyForm, limit: int = 200) -> dict[str, list[dict[str, str]]]:
    """The newest records of the forms that this form links to, by form key, to pick from."""
    found: dict[str, list[dict[str, str]]] = {}
    for _, field in ready.form.walk():
        target = uow.shelf.find_form(field.to) if field.to else None
        if target is not None and target.key not in found:
            rows = uow.records.page(target, limit=limit)
            found[target.key] = [{"id": one.id, "title": one.title, "number": one.number} for one in rows]
    return found


def among(uow: UnitOfWork, ready: ReadyForm) -> dict[str, list[str]]:
    """By path of a member field that takes only some people: their ids."""
    return {
        path: [
            one.id for one in uow.people.people.values() if one.active and may_be(field, one.id, uow.people)
        ]
        for path, field in ready.form.walk()
        if field.among is not None
    }


def people(uow: UnitOfWork) -> list[dict[str, str]]:
    """Everybody who can be picked."""
    return [
        {"id": one.id, "name": one.name, "department": uow.people.department_of(one.id)}
        for one in uow.people.people.values()
        if one.active
    ]


def computed(uow: UnitOfWork, ready: ReadyForm, draft: Draft) -> dict[str, Any]:
    """A draft's values with formulas, in Python types; what is wrong is left empty."""
    values = draft.values
    scope = uow.scope(draft.on_behalf or draft.person)
    asking = reading(uow, values, ready, draft.on_behalf or draft.person, draft.record_id or "")
    return check(ready, values, asking, scope, complete=False).values
