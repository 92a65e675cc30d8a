"""Reading records from their tables (core/forms/tables.py): by id, by what they are called, as pages of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Connection, Result, RowMapping, Select, Table, func, or_, select

from core.expressions import Scope
from core.forms.definition import FieldDef, Form
from core.forms.tables import SYSTEM, columns, loaded, plain_columns, stored, tables_of

ASKED = 500  # texts in one question


@dataclass(frozen=True)
class Record:
    """One stored record: system columns, and its values by field key in Python types.

    effective_at  since when it counts (生效)   voided_at  since when it counts no more (作废)
    deleted_at    since when it lies in the recycle bin
    """

    id: str
    form: str
    form_version: int
    number: str
    title: str
    version: int
    state: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    values: dict[str, Any] = field(default_factory=dict)
    effective_at: datetime | None = None
    voided_at: datetime | None = None
    void_reason: str | None = None
    deleted_at: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """What expressions may see: values and system names."""
        return {
            **self.values,
            "number": self.number,
            "created_by": self.created_by,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "state": self.state,
            "effective_at": self.effective_at,
            "voided_at": self.voided_at,
        }


class RecordReading:
    """Questions about records in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load_many(self, form: Form, ids: Sequence[str]) -> list[Record]:
        """Records with their rows; missing ids are left out."""
        query = tables_of(form).by_ids
        records = _records(form, self._connection.execute(query, {"ids": list(ids)}))
        self.with_rows(form, records)
        return records

    def find(self, form: Form, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(id, title) of the records that a text means exactly: id, number or title."""
        main = tables_of(form).main
        query = select(main.c.id, main.c.title).where(
            or_(main.c.id == text, main.c.number == text, main.c.title == text), main.c.deleted_at.is_(None)
        )
        return [(row.id, row.title) for row in self._connection.execute(query.limit(limit))]

    def find_many(self, form: Form, texts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """`find` for many texts at once; what nothing means is left out."""
        main = tables_of(form).main
        found: dict[str, list[tuple[str, str]]] = {}
        for start in range(0, len(texts), ASKED):
            part = list(texts[start : start + ASKED])
            query = select(main.c.id, main.c.number, main.c.title).where(
                or_(main.c.id.in_(part), main.c.number.in_(part), main.c.title.in_(part)),
                main.c.deleted_at.is_(None),
            )
            wanted = set(part)
            for row in self._connection.execute(query):
                for text in wanted.intersection((row.id, row.number, row.title)):
                    found.setdefault(text, []).append((row.id, row.title))
        return found

    def equal(self, form: Form, values: Mapping[str, Any], limit: int) -> list[Record]:
        """Records whose fields equal all of these plain values, oldest first, with their rows."""
        main = tables_of(form).main
        typed = stored([one for one in form.fields if one.key in values], values)
        where = [main.c.id == values["id"]] if "id" in values else []
        where += [main.c[key] == value for key, value in typed.items()]
        query = select(main).where(*where, _alive(main, bin=False)).order_by(main.c.id).limit(limit)
        found = [_record(form, row) for row in self._connection.execute(query).mappings()]
        self.with_rows(form, found)
        return found

    def titles(self, form: Form, ids: Sequence[str]) -> dict[str, str]:
        """The titles of records, by id."""
        if not ids:
            return {}
        main = tables_of(form).main
        rows = self._connection.execute(select(main.c.id, main.c.title).where(main.c.id.in_(ids)))
        return {row.id: row.title for row in rows}

    def numbers(self, form: Form, ids: Sequence[str]) -> dict[str, str]:
        """The numbers of records, by id."""
        main = tables_of(form).main
        rows = self._connection.execute(select(main.c.id, main.c.number).where(main.c.id.in_(list(ids))))
        return {row.id: row.number for row in rows}

    def page(
        self,
        form: Form,
        *,
        where: Sequence[Any] = (),
        after: str = "",
        limit: int = 50,
        text: str = "",
        order: str = "",
        skip: int = 0,
        bin: bool = False,  # noqa: A002  the product's word
    ) -> list[Record]:
        """Records newest first (ids sort by time), below the id `after`; rows of sub-tables are not loaded.

        order  a field's or system column's key, `-` before it: largest first; then `skip` turns the pages
        """
        main = tables_of(form).main
        query = select(main).where(*where, _alive(main, bin=bin)).limit(limit)
        query = _ordered(query, form, order)
        if order:
            query = query.offset(skip)
        if after:
            query = query.where(main.c.id < after)
        if text:
            query = query.where(_says(main, text))
        return [_record(form, row) for row in self._connection.execute(query).mappings()]

    def ids(self, form: Form, *, where: Sequence[Any] = (), text: str = "", order: str = "") -> list[str]:
        """The ids of a whole list, in the order of `page`."""
        main = tables_of(form).main
        query = _ordered(select(main.c.id).where(*where, _alive(main, bin=False)), form, order)
        if text:
            query = query.where(_says(main, text))
        return list(self._connection.execute(query).scalars())

    def count(self, form: Form, where: Sequence[Any] = (), *, text: str = "", bin: bool = False) -> int:  # noqa: A002
        """How many records there are."""
        main = tables_of(form).main
        query = select(func.count()).select_from(main).where(*where, _alive(main, bin=bin))
        if text:
            query = query.where(_says(main, text))
        return self._connection.execute(query).scalar_one()

    def exists(self, form: Form, record_id: str, where: Sequence[Any] = ()) -> bool:
        """True when a record with this id fulfils the conditions, in the bin or not."""
        main = tables_of(form).main
        query = select(main.c.id).where(main.c.id == record_id, *where)
        return self._connection.execute(query).first() is not None

    def last(self, form: Form, record_id: str) -> datetime | None:
        """When a record was made."""
        main = tables_of(form).main
        return self._connection.execute(select(main.c.created_at).where(main.c.id == record_id)).scalar()

    def with_rows(self, form: Form, records: Sequence[Record]) -> None:
        """Put the rows of all sub-tables and links into records, one statement for each table."""
        by_id = {one.id: one for one in records}
        tables = tables_of(form)
        for one in form.fields:
            query = tables.rows_by.get(one.key)
            if query is None:
                continue
            for record in records:
                record.values[one.key] = []
            if by_id:
                self._put_rows(one, query, by_id)

    def _put_rows(self, one: FieldDef, query: Select[Any], by_id: dict[str, Record]) -> None:
        for row in self._connection.execute(query, {"ids": list(by_id)}).mappings():
            value = row["target"] if one.type == "links" else loaded(one.fields, row)
            by_id[row["record_id"]].values[one.key].append(value)


class Forms(Protocol):
    """The definitions in force."""

    def find_form(self, key: str) -> Form | None:
        """A form with what it borrows filled in, or None."""


class Reads(Protocol):
    """One transaction, as far as reading records goes; core/store/work.py:UnitOfWork is one."""

    @property
    def connection(self) -> Connection:
        """For SQL that the repository has no question for."""

    @property
    def records(self) -> RecordReading:
        """Records of all forms."""

    @property
    def shelf(self) -> Forms:
        """Definitions."""

    def scope(self, me: str | None = None) -> Scope:
        """What expressions may know."""


def _alive(main: Table, *, bin: bool) -> Any:  # noqa: A002
    return main.c.deleted_at.is_not(None) if bin else main.c.deleted_at.is_(None)


def _says(main: Table, text: str) -> Any:
    return or_(
        main.c.number.contains(text, autoescape=True),
        main.c.title.contains(text, autoescape=True),
    )


def _ordered(query: Select[Any], form: Form, order: str) -> Select[Any]:
    main = tables_of(form).main
    if not order:
        return query.order_by(main.c.id.desc())
    column = _sort_column(form, main, order.removeprefix("-"))
    sign = column.desc() if order.startswith("-") else column.asc()
    return query.order_by(sign.nulls_last(), main.c.id.desc())


def _sort_column(form: Form, main: Table, key: str) -> Any:
    found = form.by_label(key)
    own = columns(found) if found else []
    name = own[0].name if own else key
    return main.c.get(name, main.c.id)


def counted(record: Record | None) -> Record | None:
    """A record as sums see it: what is void or in the recycle bin is not there."""
    return None if record is None or record.voided_at or record.deleted_at else record


def copied(record: Record) -> Record:
    """The same record with values of its own, down to the rows."""
    values = {
        key: [dict(row) if isinstance(row, dict) else row for row in value]
        if isinstance(value, list)
        else value
        for key, value in record.values.items()
    }
    return replace(record, values=values)


def _records(form: Form, rows: Result[Any]) -> list[Record]:
    """All rows of a SELECT of the form's table; where each value stands in a row is looked up once."""
    plain, others = plain_columns(form)
    if others:
        return [_record(form, row) for row in rows.mappings()]
    places = {name: at for at, name in enumerate(rows.keys())}
    head, own = itemgetter(*(places[name] for name in SYSTEM)), [(key, places[key]) for key in plain]
    return [
        Record(
            **dict(zip(SYSTEM, head(row), strict=True)),
            form=form.key,
            values={key: row[at] for key, at in own},
        )
        for row in rows
    ]


def _record(form: Form, row: RowMapping) -> Record:
    system = {name: row[name] for name in SYSTEM}
    plain, others = plain_columns(form)
    values = {key: row[key] for key in plain}
    if others:
        values |= loaded(others, row)
    return Record(**system, form=form.key, values=values)
