"""Records of a form for programs: an expression as filter, pushed down to SQL, re-checked where SQL cannot say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import Invalid, Problem
from core.expressions import Expression
from core.forms import gather
from core.forms.definition import FieldDef, Form
from core.forms.related import fill
from core.forms.schema import ReadyForm
from core.forms.storage import Record, sql_table
from core.forms.tables import tables_of
from core.forms.text import plain
from core.queries.lists import grouped_by, sort_of, summed
from core.queries.records import iso
from core.store.visibility import visible
from core.store.work import UnitOfWork

BATCH = 200
MOST_SCANNED = 2000


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    fields  empty: all    text  to be found in number or title    sort  a field, `-` before it: largest first
    group   a field: how many and how much of each of its values    totals  sums of the number columns
    bin     the recycle bin instead: one's own, an administrator's all
    """

    filter: str = ""
    fields: tuple[str, ...] = ()
    after: str = ""
    limit: int = 50
    text: str = ""
    sort: str = ""
    group: str = ""
    totals: bool = False
    bin: bool = False


def listing(uow: UnitOfWork, form_key: str, person: str, wanted: Wanted) -> dict[str, Any]:
    """{records, next}, newest first, of what the person may see. Raises NotFound, Invalid, ExpressionError.

    `next` may come with fewer records than the limit, even none: a filter that SQL cannot say looks at 2000
    records in one call.
    """
    ready = uow.shelf.form(form_key)
    fields = _fields(ready.form, wanted.fields)
    where: list[Any] = [*visible(ready.form, person, uow.people)]
    again = None
    if wanted.filter:
        condition = uow.shelf.condition(wanted.filter, ready)
        table = sql_table(ready.form, uow.connection.dialect.name, uow.shelf.find_form)
        pushed = condition.to_sql(table, uow.scope(person))
        where.append(pushed.where)
        again = None if pushed.exact else condition
    if wanted.bin and not uow.people.holds(person, "admin"):
        where.append(tables_of(ready.form).main.c.created_by == person)
    found, following = _page(uow, ready, where, again, person, wanted)
    if any(one.type in ("subtable", "links") for one in ready.form.fields if one.key in fields):
        uow.records.with_rows(ready.form, found)
    fill(uow, ready, found)
    page = {"records": [record_json(ready.form, one, fields) for one in found], "next": following}
    return page | _sums(uow, ready.form, where, wanted, exact=again is None)


def _sums(uow: UnitOfWork, form: Form, where: list[Any], wanted: Wanted, *, exact: bool) -> dict[str, Any]:
    """`totals` and `groups` of the whole list, where they were asked for. Void records are not counted."""
    if not (wanted.group or wanted.totals):
        return {}
    if not exact or wanted.bin or wanted.text:
        raise Invalid((Problem("group" if wanted.group else "totals", "这个筛选条件数据库算不全，不能合计"),))
    fields, alive = summed(form), [*where, *gather.counts(tables_of(form).main)]
    found: dict[str, Any] = {}
    if wanted.totals:
        _, count, sums = gather.totals(uow.connection, form, fields, alive, None)[0]
        found["totals"] = {"count": count, **_plain_sums(fields, sums)}
    if wanted.group:
        one = grouped_by(form, wanted.group)
        found["groups"] = [
            {"value": plain(one, value), "count": count, "totals": _plain_sums(fields, sums)}
            for value, count, sums in gather.totals(uow.connection, form, fields, alive, one)
        ]
    return found


def _plain_sums(fields: list[FieldDef], sums: Mapping[str, Decimal | None]) -> dict[str, str]:
    return {one.key: f"{(sums[one.key] or Decimal(0)):.{one.scale}f}" for one in fields}


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
    sort = sort_of(ready.form, wanted.sort)
    if again is not None and sort:
        raise Invalid((Problem("sort", "这个筛选条件数据库算不全，不能排序，请改简单些"),))
    if again is None:
        skip = int(wanted.after) if sort and wanted.after.isdigit() else 0
        rows = uow.records.page(
            ready.form,
            where=where,
            after="" if sort else wanted.after,
            limit=wanted.limit + 1,
            text=wanted.text,
            order=sort,
            skip=skip,
            bin=wanted.bin,
        )
        page, more = rows[: wanted.limit], len(rows) > wanted.limit
        following = str(skip + wanted.limit) if sort else page[-1].id if page else None
        return page, following if more else None
    found: list[Record] = []
    last, scanned, scope = "", 0, uow.scope(person)
    for record in _scan(uow, ready.form, where, wanted):
        if len(found) == wanted.limit or scanned == MOST_SCANNED:
            return found, last
        last, scanned = record.id, scanned + 1
        if again.evaluate(record.facts(), scope):
            found.append(record)
    return found, None


def _scan(uow: UnitOfWork, form: Form, where: list[Any], wanted: Wanted) -> Iterator[Record]:
    """Records with their rows, batch by batch."""
    after = wanted.after
    while True:
        rows = uow.records.page(form, where=where, after=after, limit=BATCH, text=wanted.text, bin=wanted.bin)
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
        "effective_at": iso(record.effective_at) if record.effective_at else None,
        "voided_at": iso(record.voided_at) if record.voided_at else None,
        "values": {
            one.key: plain(one, record.values.get(one.key))
            for one in form.fields
            if not fields or one.key in fields
        },
    }
