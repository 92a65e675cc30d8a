"""What a form page asks while it is being filled: 数据联动, 选择数据, lookups, rollups, spans, open drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import NotFound
from core.flows.definition import Right
from core.flows.instance import TaskState
from core.forms import gather
from core.forms.asking import names_for, reading
from core.forms.check import check
from core.forms.definition import FieldDef, Form
from core.forms.refs import put_refs
from core.forms.related import Related, filled, plain_of
from core.forms.resolve import reached
from core.forms.schema import Query, ReadyForm
from core.forms.storage import Record
from core.forms.tables import tables_of
from core.forms.text import plain, plain_values, show
from core.queries.pages import find_task
from core.queries.records import iso
from core.queries.tasks import offer
from core.store.drafts import Draft
from core.store.visibility import visible
from core.store.work import UnitOfWork

PAGE = 50


def own(uow: UnitOfWork, draft_id: str, person: str) -> tuple[Draft, ReadyForm]:
    """One's own draft with its form. Raises NotFound."""
    draft = uow.drafts.load(draft_id)
    if draft is None or draft.person != person:
        raise NotFound
    return draft, uow.shelf.form(draft.form)


def linked(uow: UnitOfWork, draft_id: str, person: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What other forms say to the values typed so far: {values, options, problems}."""
    draft, ready = own(uow, draft_id, person)
    return linked_values(uow, ready, person, {**draft.values, **typed}, draft.record_id or "")


def linked_values(
    uow: UnitOfWork, ready: ReadyForm, person: str, typed: Mapping[str, Any], record_id: str = ""
) -> dict[str, Any]:
    """As `linked`, for values that are in no draft."""
    asking = reading(uow, typed, ready, person, record_id)
    known = {key: value for key, value in typed.items() if ready.form.field(key)}
    checked = check(ready, known, asking, uow.scope(person, record_id), complete=False)
    values = checked.values
    put_refs(ready.form.fields, values, frozenset(_links(ready)), asking.related)
    related, found = Related(uow, person), _worked_out(ready, values)
    for path, query in ready.fills.items():
        if "." not in path:
            found |= filled(uow, ready, related, path, query, values)
        else:
            _fill_rows(uow, ready, related, (path, query), values, found)
    options = _options(uow, ready, related, values)
    problems = [{"path": one.path, "message": one.message} for one in checked.problems]
    return {"values": found, "options": options, "problems": problems}


def _links(ready: ReadyForm) -> set[str]:
    return {one.key for _, one in ready.form.walk() if one.type in ("link", "links")}


def _worked_out(ready: ReadyForm, values: Mapping[str, Any]) -> dict[str, Any]:
    """Computed fields and ranges, as JSON; sub-tables whole when a column is worked out here."""
    found = {}
    for one in ready.form.fields:
        inner = any(child.computed or child.type.endswith("_range") for child in one.fields)
        if (one.computed and one.type != "serial") or one.type.endswith("_range") or inner:
            found[one.key] = plain(one, values.get(one.key))
    return found


def _fill_rows(
    uow: UnitOfWork,
    ready: ReadyForm,
    related: Related,
    what: tuple[str, Any],
    values: Mapping[str, Any],
    found: dict[str, Any],
) -> None:
    """A column that is filled for each row by what that row says."""
    path, query = what
    key, _, column = path.partition(".")
    table, other = ready.form.field(key), uow.shelf.find_form(query.form)
    child = table.child(column) if table else None
    if table is None or child is None or child.fill_from is None or other is None:
        return
    rows = found.setdefault(key, [plain_values(table.fields, row) for row in values.get(key) or []])
    for shown, row in zip(rows, values.get(key) or [], strict=True):
        records = related.rows(query, child.fill_from, {**values, **row}, 1)
        if records:
            shown[column] = plain_of(other, child.fill_from.take, records[0])


def _options(
    uow: UnitOfWork, ready: ReadyForm, related: Related, values: Mapping[str, Any]
) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path, query in ready.options.items():
        one = dict(ready.form.walk())[path]
        other = uow.shelf.find_form(query.form)
        _, theirs = reached(other, one.options_from.take) if one.options_from and other else (None, None)
        if one.options_from is None or theirs is None or other is None:
            continue
        names = names_for(uow, other, {theirs.key: None})
        for place, facts in _askers(ready.form, path, query, values):
            choices = related.choices(query, one.options_from, facts)
            found[place] = [{"value": str(plain(theirs, v)), "text": show(theirs, v, names)} for v in choices]
    return found


def _askers(
    form: Form, path: str, query: Query, values: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(place, what its question sees): one for each row when the query compares a column of the row."""
    key, _, column = path.partition(".")
    table = form.field(key) if column else None
    own = {child.key for child in table.fields} if table else set()
    if not any(name.split(".")[0] in own for _, one in query.where for name in one.names):
        yield path, values
        return
    for index, row in enumerate(values.get(key) or []):
        yield f"{key}.{index}.{column}", {**values, **row}


def choices(uow: UnitOfWork, draft_id: str, person: str, path: str, text: str, after: str) -> dict[str, Any]:
    """Records to pick for a link or for 选择数据, that the person may see: {columns, rows, next}."""
    _, ready = own(uow, draft_id, person)
    return _choices(uow, ready, person, path, text, after)


def choices_at(
    uow: UnitOfWork, task_id: str, person: str, path: str, text: str, after: str
) -> dict[str, Any]:
    """The same at a task, for the fields that its step lets its person write. Raises NotFound."""
    task, instance = find_task(uow, task_id, person)
    rights = offer(uow, task, instance).rights
    mine = task.assignee == person and task.state is TaskState.OPEN
    if not mine or rights.get(path.partition(".")[0]) not in (Right.WRITE, Right.REQUIRED):
        raise NotFound
    return _choices(uow, uow.shelf.form(instance.form, instance.form_version), person, path, text, after)


def _choices(
    uow: UnitOfWork, ready: ReadyForm, person: str, path: str, text: str, after: str
) -> dict[str, Any]:
    one = dict(ready.form.walk()).get(path)
    key = (one.pick.form if one and one.pick else one.to) if one else ""
    other = uow.shelf.find_form(key) if key else None
    if one is None or other is None:
        raise NotFound
    where = [*visible(other, person, uow.people), *gather.counts(tables_of(other).main)]
    query = ready.picks.get(path)
    if query is not None and query.condition is not None:
        scope = uow.scope(person)
        where.append(gather.pushed(uow.connection, other, query.condition, scope, uow.shelf.find_form))
    records = uow.records.page(other, where=where, after=after, limit=PAGE + 1, text=text)
    page, more = records[:PAGE], len(records) > PAGE
    if any(reached(other, theirs)[0] for theirs in _map(one).values()):
        uow.records.with_rows(other, page)
    columns = _columns(other, one)
    return {
        "columns": [column.label for column in columns],
        "rows": [_choice(uow, other, one, columns, record) for record in page],
        "next": page[-1].id if more else None,
    }


def _map(one: FieldDef) -> Mapping[str, str]:
    return one.pick.columns if one.pick else one.copy_down


def _columns(other: Form, one: FieldDef) -> list[FieldDef]:
    named = [found for name in one.columns if (found := other.by_label(name))]
    usual = [
        c for c in other.fields if not c.layout and c.type in ("text", "select", "number", "money", "date")
    ]
    return named or usual[:4]


def _choice(
    uow: UnitOfWork, other: Form, one: FieldDef, columns: list[FieldDef], record: Record
) -> dict[str, Any]:
    names = names_for(uow, other, record.values)
    return {
        "id": record.id,
        "title": record.title,
        "number": record.number,
        "cells": [show(column, record.values.get(column.key), names) for column in columns],
        "fill": {mine: plain_of(other, theirs, record) for mine, theirs in _map(one).items()},
    }


def drafts(uow: UnitOfWork, person: str, limit: int = 20) -> list[dict[str, Any]]:
    """A person's open drafts, newest first: id, form, title, saved_at, how many fields are filled."""
    found = []
    for row in uow.life.open_drafts(person, limit):
        form = uow.shelf.find_form(row["form"])
        if form is None:
            continue
        filled = sum(1 for value in row["values"].values() if value not in (None, "", []))
        facts = {"id": row["id"], "form": form.key, "title": form.title, "filled": filled}
        found.append({**facts, "saved_at": iso(row["saved_at"])})
    return found
