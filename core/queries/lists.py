"""Lists of records: search, filter by an expression, sort, group, column totals, the recycle bin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import Invalid, Problem, UserError
from core.expressions import Expression, ExpressionError, Kind, compile
from core.forms import gather
from core.forms.asking import names_for
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names
from core.forms.related import fill
from core.forms.schema import ReadyForm
from core.forms.storage import Record, sql_table
from core.forms.tables import columns, in_columns, tables_of
from core.forms.text import show
from core.queries.records import iso, state_text
from core.store.visibility import visible
from core.store.work import UnitOfWork

SHOWN = 8
CHECKED_AT_MOST = 5_000
SORTABLE = {"number": "编号", "created_at": "创建时间", "updated_at": "更新时间", "state": "流程状态"}


@dataclass(frozen=True)
class Wish:
    """What a list should show. `after`: the cursor as the last answer gave it."""

    text: str = ""
    after: str = ""
    limit: int = 50
    filter: str = ""
    sort: str = ""
    group: str = ""
    bin: bool = False
    every_column: bool = False


def table(
    uow: UnitOfWork, form_key: str, person: str, text: str = "", after: str = "", limit: int = 50
) -> dict[str, Any]:
    """A page of a form's records, newest first."""
    return listed(uow, form_key, person, Wish(text, after, limit))


def listed(uow: UnitOfWork, form_key: str, person: str, wish: Wish) -> dict[str, Any]:
    """A page of a form's records. Raises Invalid with the place of a mistake in the filter."""
    ready = uow.shelf.form(form_key)
    form = ready.form
    where, recheck = conditions(uow, ready, person, wish.filter)
    shown = [one for one in form.fields if _is_column(one)]
    shown = shown if wish.every_column else shown[:SHOWN]
    records, following = _page(uow, ready, where, recheck, wish, person)
    return {
        "title": form.title,
        "columns": [_column(one) for one in shown],
        "rows": _rows(uow, form, shown, records),
        "next": following,
        "total": uow.records.count(form, where, text=wish.text, bin=wish.bin),
        "fields": _fields(form),
        "totals": _totals(uow, form, where, None) if not recheck and not wish.bin else {},
        "groups": _groups(uow, form, where, wish.group) if wish.group and not recheck else [],
    }


def conditions(
    uow: UnitOfWork, ready: ReadyForm, person: str, text: str
) -> tuple[list[Any], Expression | None]:
    """(SQL conditions, what SQL could not say in full). Raises Invalid."""
    where: list[Any] = [*visible(ready.form, person, uow.people)]
    if not text.strip():
        return where, None
    try:
        condition = compile(text, ready.schema, Kind.BOOL)
        table = sql_table(ready.form, uow.connection.dialect.name, uow.shelf.find_form)
        pushed = condition.to_sql(table, uow.scope(person))
    except ExpressionError as error:
        raise Invalid((Problem("filter", f"{error.message}（第 {error.position + 1} 个字）"),)) from None
    return [*where, pushed.where], None if pushed.exact else condition


def stream(
    uow: UnitOfWork, form_key: str, person: str, wish: Wish, most: int, step: int = 500
) -> tuple[int, Iterator[list[Record]]]:
    """(about how many, the records of a list with their rows in its order, some hundred at a time), for exports.

    Raises UserError when there are more than `most`.
    """
    ready = uow.shelf.form(form_key)
    where, recheck = conditions(uow, ready, person, wish.filter)
    total = uow.records.count(ready.form, where, text=wish.text)
    if total > most:
        raise UserError("too_many", f"这里有 {total} 条，一次最多导出 {most} 条，请先筛选。")
    ids = uow.records.ids(ready.form, where=where, text=wish.text, order=sort_of(ready.form, wish.sort))

    def pages() -> Iterator[list[Record]]:
        for start in range(0, len(ids), step):
            part = ids[start : start + step]
            by_id = {one.id: one for one in uow.records.load_many(ready.form, part)}
            records = [by_id[one] for one in part if one in by_id]
            fill(uow, ready, records)
            yield [one for one in records if recheck is None or _holds(uow, recheck, one, person)]

    return total, pages()


def every(uow: UnitOfWork, form_key: str, person: str, wish: Wish, most: int) -> list[Record]:
    """All records of a list with their rows, for exports. Raises UserError when there are more than `most`."""
    return [one for page in stream(uow, form_key, person, wish, most)[1] for one in page]


def _page(
    uow: UnitOfWork, ready: ReadyForm, where: list[Any], recheck: Expression | None, wish: Wish, person: str
) -> tuple[list[Record], str | None]:
    sort = sort_of(ready.form, wish.sort)
    skip = int(wish.after) if sort and wish.after.isdigit() else 0
    after = "" if sort else wish.after
    want = wish.limit + 1 if recheck is None else CHECKED_AT_MOST
    records = uow.records.page(
        ready.form, where=where, after=after, limit=want, text=wish.text, order=sort, skip=skip, bin=wish.bin
    )
    if recheck is not None:
        uow.records.with_rows(ready.form, records)
        fill(uow, ready, records)
        records = [one for one in records if _holds(uow, recheck, one, person)]
    page, more = records[: wish.limit], len(records) > wish.limit
    if recheck is None:
        _links(uow, ready, page)
        fill(uow, ready, page)
    if not more or not page:
        return page, None
    return page, str(skip + wish.limit) if sort else page[-1].id


def _links(uow: UnitOfWork, ready: ReadyForm, records: list[Record]) -> None:
    if any(one.type == "links" for one in ready.form.fields):
        uow.records.with_rows(ready.form, records)


def _holds(uow: UnitOfWork, condition: Expression, record: Record, person: str) -> bool:
    try:
        return bool(condition.evaluate(record.facts(), uow.scope(person)))
    except ExpressionError:
        return False


def sort_of(form: Form, wish: str) -> str:
    """The column a list is sorted by, `-` before it: largest first; "" for newest first. Raises Invalid."""
    key = wish.removeprefix("-")
    one = form.by_label(key)
    if one is not None and in_columns(one) and len(columns(one)) == 1:
        return wish.replace(key, one.key)
    if key in SORTABLE:
        return wish
    if wish:
        raise Invalid((Problem("sort", f"不能按「{key[:20]}」排序"),))
    return ""


def _is_column(one: FieldDef) -> bool:
    return not one.layout and one.type not in ("subtable", "attachment", "image", "rich_text", "backlinks")


def _column(one: FieldDef) -> dict[str, str]:
    return {"key": one.key, "label": one.label, "type": one.base.type}


def _fields(form: Form) -> list[dict[str, str]]:
    own = [
        {**_column(one), "sortable": str(in_columns(one)).lower()} for one in form.fields if _is_column(one)
    ]
    system = [{"key": k, "label": v, "type": "text", "sortable": "true"} for k, v in SORTABLE.items()]
    return own + system


def _rows(uow: UnitOfWork, form: Form, shown: list[FieldDef], records: list[Record]) -> list[dict[str, Any]]:
    found = []
    for record in records:
        names = names_for(uow, form, record.values)
        found.append(
            {
                "id": record.id,
                "number": record.number,
                "title": record.title,
                "version": record.version,
                "state": state_text(record),
                "cells": [show(one, record.values.get(one.key), names) for one in shown],
                "created_at": iso(record.created_at),
                "created_by": uow.people.called(record.created_by),
            }
        )
    return found


def summed(form: Form) -> list[FieldDef]:
    """The columns whose totals a list tells."""
    return [one for one in form.fields if in_columns(one) and one.base.type in ("number", "money")]


def _totals(uow: UnitOfWork, form: Form, where: list[Any], group: FieldDef | None) -> dict[str, str]:
    fields = summed(form)
    if not fields:
        return {}
    _, _, sums = gather.totals(uow.connection, form, fields, [*where, *_alive(form)], group)[0]
    return _texts(fields, sums, uow)


def _alive(form: Form) -> tuple[Any, ...]:
    return gather.counts(tables_of(form).main)


def _texts(fields: list[FieldDef], sums: dict[str, Decimal | None], uow: UnitOfWork) -> dict[str, str]:
    names = Names(uow.people, zone=uow.house.zone)
    return {one.key: show(one, sums[one.key] or Decimal(0), names) for one in fields}


def grouped_by(form: Form, key: str) -> FieldDef:
    """The field that a list is grouped by. Raises Invalid."""
    one = form.by_label(key)
    if one is None or not in_columns(one) or len(columns(one)) > 1 or KINDS[one.base.type].kind is Kind.LIST:
        raise Invalid((Problem("group", f"不能按「{key[:20]}」分组"),))
    return one


def _groups(uow: UnitOfWork, form: Form, where: list[Any], key: str) -> list[dict[str, Any]]:
    one = grouped_by(form, key)
    fields, found = summed(form), []
    for value, count, sums in gather.totals(uow.connection, form, fields, [*where, *_alive(form)], one):
        names = names_for(uow, form, {one.key: value})
        text = show(one, value, names) or "（空）"
        plain = KINDS[one.base.type].plain(value) if value is not None else None
        found.append({"value": plain, "text": text, "count": count, "totals": _texts(fields, sums, uow)})
    return found
