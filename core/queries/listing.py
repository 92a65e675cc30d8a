"""Records of a form for programs: an expression as filter, pushed down to SQL, re-checked where SQL cannot say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import Invalid, Problem
from core.expressions import Expression
from core.forms.definition import Form
from core.forms.schema import ReadyForm
from core.forms.storage import Record, sql_table
from core.forms.text import plain
from core.queries.records import iso
from core.store.visibility import visible
from core.store.work import UnitOfWork

BATCH = 200
MOST_SCANNED = 2000


@dataclass(frozen=True)
class Wanted:
    """What is asked for; `fields` empty: all."""

    filter: str = ""
    fields: tuple[str, ...] = ()
    after: str = ""
    limit: int = 50


def listing(uow: UnitOfWork, form_key: str, person: str, wanted: Wanted) -> dict[str, Any]:
    """{records, next}, newest first, of what the person may see. Raises NotFound, Invalid, ExpressionError.

    `next` may come with fewer records than the limit, even none: a filter that SQL cannot say looks at 2000
    records in one call.
    """
    ready = uow.shelf.form(form_key)
    fields = _fields(ready.form, wanted.fields)
    where: list[Any] = visible(ready.form, person, uow.people)
    again = None
    if wanted.filter:
        condition = uow.shelf.condition(wanted.filter, ready)
        table = sql_table(ready.form, uow.connection.dialect.name, uow.shelf.find_form)
        pushed = condition.to_sql(table, uow.scope(person))
        where.append(pushed.where)
        again = None if pushed.exact else condition
    found, following = _page(uow, ready, where, again, person, wanted)
    if any(one.type == "subtable" for one in ready.form.fields if one.key in fields):
        uow.records.with_rows(ready.form, found)
    return {"records": [record_json(ready.form, one, fields) for one in found], "next": following}


def _fields(form: Form, asked: tuple[str, ...]) -> tuple[str, ...]:
    known = tuple(one.key for one in form.fields)
    unknown = [one for one in asked if one not in known]
    if unknown:
        raise Invalid((Problem("fields", f"没有这些字段：{'、'.join(unknown)[:100]}"),))
    return asked or known


def _page(
    uow: UnitOfWork,
    ready: ReadyForm,
    where: list[Any],
    again: Expression | None,
    person: str,
    wanted: Wanted,
) -> tuple[list[Record], str | None]:
    if again is None:
        rows = uow.records.page(ready.form, where=where, after=wanted.after, limit=wanted.limit + 1)
        page = rows[: wanted.limit]
        return page, page[-1].id if len(rows) > wanted.limit else None
    found: list[Record] = []
    last, scanned, scope = "", 0, uow.scope(person)
    for record in _scan(uow, ready.form, where, wanted.after):
        if len(found) == wanted.limit or scanned == MOST_SCANNED:
            return found, last
        last, scanned = record.id, scanned + 1
        if again.evaluate(record.facts(), scope):
            found.append(record)
    return found, None


def _scan(uow: UnitOfWork, form: Form, where: list[Any], after: str) -> Iterator[Record]:
    """Records with their rows, batch by batch."""
    while True:
        rows = uow.records.page(form, where=where, after=after, limit=BATCH)
        uow.records.with_rows(form, rows)
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def record_json(form: Form, record: Record, fields: tuple[str, ...] = ()) -> dict[str, Any]:
    """A record as programs read it: system facts, and plain values by field key."""
    return {
        "id": record.id,
        "number": record.number,
        "title": record.title,
        "version": record.version,
        "state": record.state,
        "created_at": iso(record.created_at),
        "created_by": record.created_by,
        "updated_at": iso(record.updated_at),
        "updated_by": record.updated_by,
        "values": {
            one.key: plain(one, record.values.get(one.key))
            for one in form.fields
            if not fields or one.key in fields
        },
    }
