"""What a form is told by other forms: values behind links, rollups, linkage queries, option lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.expressions import ExpressionError, Scope
from core.forms import gather
from core.forms.definition import FieldDef, FillDef, Form
from core.forms.recordreading import Reads
from core.forms.refs import bare
from core.forms.resolve import reached
from core.forms.schema import Query, ReadyForm
from core.forms.storage import Record
from core.forms.tables import tables_of
from core.forms.text import plain

Values = Mapping[str, Any]
MOST_OFFERED = 5_000


class Related:
    """One for each command: remembers the linked records it has read."""

    def __init__(self, uow: Reads, person: str | None = None) -> None:
        self._uow = uow
        self._scope: Scope = uow.scope(person)
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self._offered: dict[tuple[str, str, str], list[str]] = {}
        self._choices: dict[tuple[str, str, str, int], list[Any]] = {}

    def values(self, form_key: str, ids: list[str]) -> dict[str, dict[str, Any]]:
        """The values of records by id, with their system facts."""
        missing = [id_ for id_ in ids if (form_key, id_) not in self._known]
        form = self._uow.shelf.find_form(form_key) if missing else None
        if form is not None:
            for record in self._uow.records.load_many(form, missing):
                self._known[form_key, record.id] = {**record.facts(), "id": record.id}
        return {id_: self._known[form_key, id_] for id_ in ids if (form_key, id_) in self._known}

    def derive(self, ready: ReadyForm, record_id: str) -> dict[str, Any]:
        """The rollups of one record; of a new one: what nothing gives."""
        found: dict[str, Any] = {}
        for one in ready.form.fields:
            if one.type == "rollup":
                found[one.key] = rollups(self._uow, ready, one, [record_id], self._scope)[record_id]
        return found

    def rows(self, query: Query, part: FillDef, values: Values, limit: int = 0) -> list[Record]:
        """The records of another form that a linkage query finds for these values, in its order."""
        uow, form = self._uow, self._uow.shelf.find_form(query.form)
        pairs = self._pairs(query, values)
        if form is None or pairs is None:
            return []
        where = gather.equal(form, pairs)
        if query.condition is not None:
            where.append(
                gather.pushed(uow.connection, form, query.condition, self._scope, uow.shelf.find_form)
            )
        where += gather.counts(tables_of(form).main)
        records = uow.records.page(form, where=where, limit=limit or part.limit, order=part.order)
        uow.records.with_rows(form, records)
        return records

    def offered(self, query: Query, part: FillDef, values: Values) -> list[str]:
        """What may be chosen from an option list now, as it is stored; asked once for the same question."""
        form = self._uow.shelf.find_form(query.form)
        theirs = reached(form, part.take)[1] if form else None
        if theirs is None:
            return []
        key = (query.form, part.model_dump_json(), repr(self._pairs(query, values)))
        if key not in self._offered:
            found = self.choices(query, part, values, MOST_OFFERED)
            self._offered[key] = [str(plain(theirs, one)) for one in found]
        return self._offered[key]

    def choices(self, query: Query, part: FillDef, values: Values, limit: int = 0) -> list[Any]:
        """The different values that an option list shows; rows that ask the same are asked for once."""
        uow, form = self._uow, self._uow.shelf.find_form(query.form)
        pairs = self._pairs(query, values)
        if form is None or pairs is None:
            return []
        key = (query.form, part.model_dump_json(), repr(pairs), limit)
        if key in self._choices:
            return self._choices[key]
        where = list(gather.equal(form, pairs))
        if query.condition is not None:
            where.append(
                gather.pushed(uow.connection, form, query.condition, self._scope, uow.shelf.find_form)
            )
        found = gather.distinct(uow.connection, form, part.take, where, limit or part.limit)
        self._choices[key] = found
        return found

    def _pairs(self, query: Query, values: Values) -> list[tuple[str, Any]] | None:
        """None while something that is compared is still empty."""
        found = []
        for path, expression in query.where:
            try:
                value = expression.evaluate(values, self._scope)
            except ExpressionError:
                return None
            if value in (None, ""):
                return None
            found.append((path, bare(value)))
        return found


def rollups(uow: Reads, ready: ReadyForm, one: FieldDef, ids: Sequence[str], scope: Scope) -> dict[str, Any]:
    """A rollup of many records at once, with the decimals of what it gathers."""
    other = uow.shelf.find_form(one.of)
    if other is None:
        return dict.fromkeys(ids)
    where = []
    if (condition := ready.rollups.get(one.key)) is not None:
        where.append(gather.pushed(uow.connection, other, condition, scope, uow.shelf.find_form))
    found = gather.by_link(uow.connection, other, one, one.by, ids, where)
    step = Decimal(1).scaleb(-one.scale)
    return {k: None if v is None else v.quantize(step, ROUND_HALF_UP) for k, v in found.items()}


def fill(uow: Reads, ready: ReadyForm, records: Sequence[Record]) -> None:
    """Put into records of a page what is worked out when it is read: live lookups, rollups, other ends of links."""
    form, ids = ready.form, [one.id for one in records]
    if not ids:
        return
    scope = uow.scope(None)
    for one in form.fields:
        if one.type == "rollup":
            _put(records, one.key, rollups(uow, ready, one, ids, scope))
        elif one.type == "backlinks" and (other := uow.shelf.find_form(one.of)):
            _put(records, one.key, gather.pointing(uow.connection, other, one.by, ids))
        elif one.type == "lookup" and one.live:
            _look_up(uow, form, one, records)


def _put(records: Sequence[Record], key: str, found: Mapping[str, Any]) -> None:
    for record in records:
        record.values[key] = found.get(record.id)


def _look_up(uow: Reads, form: Form, one: FieldDef, records: Sequence[Record]) -> None:
    via = form.by_label(one.via)
    target = uow.shelf.find_form(via.to) if via else None
    if via is None or target is None or one.target is None:
        return
    ids = sorted({record.values[via.key] for record in records if record.values.get(via.key)})
    found = {other.id: other.values.get(one.target.key) for other in uow.records.load_many(target, ids)}
    _put(records, one.key, {r.id: found.get(r.values.get(via.key) or "") for r in records})


def taken(form: Form, record: Record, path: str) -> Any:
    """A value of a record by path: `id`, a field's key or label; of a sub-table column: the first row's."""
    if path == "id":
        return record.id
    table, found = reached(form, path)
    if found is None:
        return record.facts().get(path)
    if table is None:
        return record.values.get(found.key)
    rows = record.values.get(table.key) or []
    return rows[0].get(found.key) if rows else None


def copied(form: Form, record: Record, columns: Mapping[str, str]) -> dict[str, Any]:
    """Own key → value, of a record that was picked."""
    return {mine: taken(form, record, theirs) for mine, theirs in columns.items()}


def rows_of(form: Form, records: Sequence[Record], columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows for a sub-table: one a record, or one for each row of the sub-table that the columns name."""
    tables = {t.key for path in columns.values() if (t := reached(form, path)[0]) is not None}
    found = []
    for record in records:
        if not tables:
            found.append(copied(form, record, columns))
            continue
        for row in record.values.get(next(iter(tables))) or []:
            inner = replace(record, values={**record.values, next(iter(tables)): [row]})
            found.append(copied(form, inner, columns))
    return found


def filled(
    uow: Reads, ready: ReadyForm, related: Related, path: str, query: Any, values: Mapping[str, Any]
) -> dict[str, Any]:
    """What 数据联动 puts into a top-level field or sub-table, as JSON; nothing when nothing is found."""
    one = ready.form.field(path)
    other = uow.shelf.find_form(query.form)
    if one is None or one.fill_from is None or other is None:
        return {}
    records = related.rows(query, one.fill_from, values, 0 if one.type == "subtable" else 1)
    if not records:
        return {}
    if one.type == "subtable":
        rows = rows_of(other, records, one.fill_from.rows)[: one.rows[1]]
        return {path: [_plain_row(one, row) for row in rows]}
    return {path: plain_of(other, one.fill_from.take, records[0])}


def _plain_row(table: FieldDef, row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(child, value) for key, value in row.items() if (child := table.child(key))}


def plain_of(other: Form, path: str, record: Record) -> Any:
    """A value of another form's record as JSON."""
    value = copied(other, record, {"x": path})["x"]
    _, one = reached(other, path)
    return plain(one, value) if one is not None else value
