"""A formula tried out while it is written: checked in the draft's own names, worked out for a sample record."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import UserError
from core.expressions import Expression, ExpressionError, Kind, Schema, compile
from core.expressions.values import KIND_NAMES, Symbol
from core.forms.actions import reading
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names, WrongValue
from core.forms.refs import put_refs
from core.forms.resolve import reached, resolve
from core.forms.schema import row_schema, schema_of
from core.forms.text import show
from core.store.work import UnitOfWork

Answer = dict[str, Any]
MOST_ROWS = 20
SAMPLE_NUMBER = Decimal(100)


def sketch(text: str, key: str) -> Form | None:
    """The form of a draft as far as it holds together: fields that are wrong are left out, checks too."""
    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError):
        return None
    found = next((one for one in documents if isinstance(one, dict) and one.get("form") == key), None)
    if found is None:
        return None
    fields = [one for one in (_field(raw) for raw in found.get("fields") or []) if one is not None]
    with suppress(ValidationError):
        return Form(form=str(found["form"]), title=str(found.get("title") or key)[:40], fields=tuple(fields))
    return None


def _field(raw: Any) -> FieldDef | None:
    if not isinstance(raw, dict):
        return None
    if isinstance(raw.get("fields"), list):
        columns = [one for one in raw["fields"] if _field(one) is not None]
        raw = {**raw, "fields": columns}
    try:
        return FieldDef.model_validate(raw)
    except ValidationError:
        return None


def trial(
    uow: UnitOfWork, form: Form, formula: str, *, at: str, expect: str, typed: Mapping[str, str], person: str
) -> Answer:
    """What a formula of the field or sub-table `at` is and gives.

    typed  paths (`amount`, `items.price`) → what the person wants the sample to say there; rows by 、
    Answers kind and shown value, the sample it was worked out with, or the mistake with its place.
    """
    form = resolve(form, lambda key: _find(uow, form, key), uow.shelf.find_options)
    schema = schema_of(form, lambda key: _find(uow, form, key))
    table = form.field(at.partition(".")[0]) if at else None
    rows = table is not None and bool(table.fields) and "." in at
    names = row_schema(table, schema) if rows and table else schema
    try:
        found = compile(formula, names, Kind(expect) if expect and expect != "any" else None)
    except ExpressionError as error:
        return {"problem": _problem(error)}
    sample, told = _sample(uow, form, found, typed, table if rows else None)
    said = {"kind": found.kind.value, "kind_name": KIND_NAMES[found.kind], "sample": told}
    try:
        put_refs(form.fields, sample, _links(form), reading(uow, {}).related)
        row = (sample.get(table.key) or [{}])[0] if rows and table else {}
        value = found.evaluate({**sample, **row}, uow.scope(person))
    except (ExpressionError, UserError) as error:
        message = getattr(error, "message", str(error))
        return {**said, "problem": {"message": message, "position": 0, "length": len(formula)}}
    return {**said, "problem": None, "shown": _said(uow, value)}


def _problem(error: ExpressionError) -> Answer:
    return {"message": error.message, "position": error.position, "length": error.length}


def _find(uow: UnitOfWork, form: Form, key: str) -> Form | None:
    return form if key == form.key else uow.shelf.find_form(key)


def _links(form: Form) -> frozenset[str]:
    return frozenset(one.key for _, one in form.walk() if one.type in ("link", "links"))


def _sample(
    uow: UnitOfWork, form: Form, found: Expression, typed: Mapping[str, str], table: FieldDef | None
) -> tuple[dict[str, Any], list[Answer]]:
    """Values of the newest record, made-up ones where it has none, and what was typed over them."""
    values = _newest(uow, form)
    told = []
    inner = {one.key for one in table.fields} if table else set()
    for name in sorted(found.names):
        path = f"{table.key}.{name}" if table and name.partition(".")[0] in inner else name
        owner, field = reached(form, path)
        if field is None and owner is None:
            field = form.field(path.partition(".")[0])
        if field is None or field.type == "subtable":
            continue
        told.append(_fill(uow, values, owner, field, typed))
    return values, [one for one in told if one]


def _newest(uow: UnitOfWork, form: Form) -> dict[str, Any]:
    present = uow.shelf.find_form(form.key)
    records = uow.records.page(present, limit=1) if present else []
    if not present or not records:
        return {}
    uow.records.with_rows(present, records)
    return dict(records[0].facts())


def _fill(
    uow: UnitOfWork,
    values: dict[str, Any],
    owner: FieldDef | None,
    field: FieldDef,
    typed: Mapping[str, str],
) -> Answer:
    names = Names(uow.people, zone=uow.house.zone)
    path = f"{owner.key}.{field.key}" if owner else field.key
    wanted = typed.get(path)
    if owner is None:
        if wanted is not None:
            values[field.key] = _read(uow, field, wanted)
        elif values.get(field.key) is None:
            values[field.key] = _made_up(uow, field)
        shown = show(field, values[field.key], names)
        return {"path": path, "label": field.label, "value": shown, "type": field.type}
    _fill_rows(uow, values, owner, field, wanted)
    cells = [show(field, row.get(field.key), names) for row in values[owner.key]]
    label = f"{owner.label}.{field.label}"
    return {"path": path, "label": label, "value": "、".join(cells), "type": field.type}


def _fill_rows(
    uow: UnitOfWork, values: dict[str, Any], owner: FieldDef, field: FieldDef, wanted: str | None
) -> None:
    rows = [dict(row) for row in values.get(owner.key) or []] or [{}, {}]
    if wanted is not None:
        cells = wanted.replace("，", "、").split("、")[:MOST_ROWS]
        rows = [rows[index] if index < len(rows) else {} for index in range(len(cells))]
        for row, cell in zip(rows, cells, strict=True):
            row[field.key] = _read(uow, field, cell)
    for row in rows:
        if row.get(field.key) is None and wanted is None:
            row[field.key] = _made_up(uow, field)
    values[owner.key] = rows


def _read(uow: UnitOfWork, field: FieldDef, text: str) -> Any:
    """What was typed as a value of the field; nothing when it does not fit."""
    try:
        return KINDS[field.base.type].read(field.base, text, reading(uow, {})) if text.strip() else None
    except (WrongValue, KeyError):
        return None


def _made_up(uow: UnitOfWork, field: FieldDef) -> Any:
    base = field.base
    kind = KINDS[base.type].kind
    today = uow.scope().today
    match base.type:
        case "select":
            return base.options[0].value if base.options else "示例"
        case "multi_select":
            return [one.value for one in base.options[:1]]
        case "member":
            return next(iter(uow.people.people), None)
        case "date_range":
            return {"start": today, "end": today + timedelta(days=1), "span": Decimal(2)}
        case "subtable" | "links":
            return []
    made = {Kind.NUMBER: SAMPLE_NUMBER, Kind.TEXT: "示例", Kind.BOOL: True, Kind.DATE: today}
    return made.get(kind, uow.now if kind is Kind.DATETIME else None)


def _said(uow: UnitOfWork, value: Any) -> str:
    """A result as people read it."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, (list, tuple)):
        return "、".join(_said(uow, one) for one in value)
    if isinstance(value, str) and (person := uow.people.get(value)):
        return person.name
    moment = getattr(value, "astimezone", None)
    return f"{moment(uow.house.zone):%Y-%m-%d %H:%M}" if moment else str(value)


def symbols(schema: Schema) -> list[Answer]:
    """Names that an expression may use, those behind a dot inside."""
    return [_symbol(one, schema) for one in schema.symbols]


def _symbol(one: Symbol, schema: Schema) -> Answer:
    inner = one.item if one.kind in (Kind.ROWS, Kind.RECORD) else None
    return {
        "name": schema.spelling(one),
        "key": one.key,
        "kind": one.kind.value,
        "kind_name": KIND_NAMES[one.kind],
        "inner": [
            {"name": inner.spelling(i), "key": i.key, "kind": i.kind.value, "kind_name": KIND_NAMES[i.kind]}
            for i in inner.symbols
            if i.kind not in (Kind.ROWS, Kind.RECORD)
        ]
        if inner
        else [],
    }


def names_of(uow: UnitOfWork, form: Form, at: str) -> list[Answer]:
    """Names for the place `at`: a row's own columns first."""
    form = resolve(form, lambda key: _find(uow, form, key), uow.shelf.find_options)
    schema = schema_of(form, lambda key: _find(uow, form, key))
    table = form.field(at.partition(".")[0]) if "." in at else None
    return symbols(row_schema(table, schema) if table and table.fields else schema)
