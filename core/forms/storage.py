"""Records in their tables (core/forms/tables.py): one repository for all forms, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from core.columns import Instant
from core.forms.definition import FieldDef, Form
from core.forms.tables import SYSTEM, build, columns, loaded, sql_table, stored, tables_of

APPROVED = "approved"  # the state in which a flow ends well

__all__ = ["Record", "Records", "build", "sql_table", "tables_of"]


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


class Watcher(Protocol):
    """Who keeps sums over records (core/store/ledger.py)."""

    def wants(self, form: str) -> bool:
        """Whether changes of this form matter."""

    def moved(self, before: Record | None, after: Record | None) -> None:
        """A record came, changed, or went; both with their rows."""


class Records:
    """Rows of form tables in one transaction. `next_id` makes ids for sub-table rows.

    Records of the recycle bin are found by `load` alone, unless `bin` is asked for.
    """

    def __init__(
        self,
        connection: Connection,
        next_id: Callable[[], str],
        watcher: Watcher | None = None,
        now: datetime | None = None,
    ) -> None:
        self._connection = connection
        self._next_id = next_id
        self._watcher = watcher
        self._now = now
        self._read: dict[tuple[str, str], tuple[Form, Record]] = {}

    def forget(self) -> None:
        """What was read is not believed any more: a savepoint was rolled back."""
        self._read.clear()

    def _watched(self, form: Form) -> Watcher | None:
        return self._watcher if self._watcher is not None and self._watcher.wants(form.key) else None

    def add(self, form: Form, record: Record) -> None:
        """Insert a record with its rows."""
        self._read.pop((form.key, record.id), None)
        tables = tables_of(form)
        system = {name: getattr(record, name) for name in SYSTEM}
        self._connection.execute(insert(tables.main), {**system, **stored(form.fields, record.values)})
        self._add_rows(form, record)
        if watcher := self._watched(form):
            watcher.moved(None, record)

    def change(self, form: Form, record: Record, version: int) -> bool:
        """Write over `version`; False when somebody else changed it first."""
        tables = tables_of(form)
        watcher = self._watched(form)
        before = self.load(form, record.id, lock=True) if watcher else None
        self._read.pop((form.key, record.id), None)
        system = {
            name: getattr(record, name) for name in SYSTEM if name not in ("id", "created_at", "created_by")
        }
        statement = (
            update(tables.main)
            .where(tables.main.c.id == record.id, tables.main.c.version == version)
            .values(**system, **stored(form.fields, record.values))
        )
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record.id))
        self._add_rows(form, record)
        if watcher:
            watcher.moved(before, record)
        return True

    def remove(self, form: Form, record_id: str, version: int | None = None) -> bool:
        """Delete a record (of this version) with its rows; False when it was not there, or was changed."""
        tables = tables_of(form)
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        statement = delete(tables.main).where(tables.main.c.id == record_id)
        if version is not None:
            statement = statement.where(tables.main.c.version == version)
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record_id))
        if watcher:
            watcher.moved(before, None)
        return True

    def set_state(self, form: Form, record_id: str, state: str) -> None:
        """The flow's state, shown in lists; no new record version. Approved, it takes effect (生效)."""
        main = tables_of(form).main
        values: dict[str, Any] = {"state": state}
        if state == APPROVED and form.effective == "approved" and self._now is not None:
            values["effective_at"] = func.coalesce(main.c.effective_at, literal(self._now, Instant()))
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        self._connection.execute(update(main).where(main.c.id == record_id).values(**values))
        if watcher and before is not None:
            watcher.moved(before, self.load(form, record_id))

    def mark(self, form: Form, record_id: str, version: int, **columns_: Any) -> bool:
        """Set system columns (void, bin, effect); the version grows. False when somebody was faster."""
        main = tables_of(form).main
        statement = update(main).where(main.c.id == record_id, main.c.version == version)
        values = {**columns_, "version": version + 1}
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        if self._connection.execute(statement.values(**values)).rowcount != 1:
            return False
        if watcher:
            watcher.moved(_counted(before), _counted(self.load(form, record_id)))
        return True

    def purge(self, form: Form, record_id: str) -> None:
        """A record ends for ever, with its rows."""
        self._read.pop((form.key, record_id), None)
        tables = tables_of(form)
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record_id))
        self._connection.execute(delete(tables.main).where(tables.main.c.id == record_id))

    def load(self, form: Form, record_id: str, *, lock: bool = False) -> Record | None:
        """One record with its rows, wherever it lies; `lock`: nobody else changes it until we are done.

        What this transaction has read and not changed is not read twice; each caller has values of its own.
        """
        if lock:
            main = tables_of(form).main
            self._connection.execute(select(main.c.id).where(main.c.id == record_id).with_for_update())
            self._read.pop((form.key, record_id), None)
        known, record = self._read.get((form.key, record_id), (None, None))
        if record is None or known is not form:
            found = self.load_many(form, [record_id])
            if not found:
                return None
            record = found[0]
            self._read[form.key, record_id] = (form, record)
        return _copied(record)

    def load_many(self, form: Form, ids: Sequence[str]) -> list[Record]:
        """Records with their rows; missing ids are left out."""
        query = tables_of(form).by_ids
        rows = self._connection.execute(query, {"ids": list(ids)}).mappings()
        records = [_record(form, row) for row in rows]
        self.with_rows(form, records)
        return records

    def find(self, form: Form, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(id, title) of the records that a text means exactly: id, number or title."""
        main = tables_of(form).main
        query = select(main.c.id, main.c.title).where(
            or_(main.c.id == text, main.c.number == text, main.c.title == text), main.c.deleted_at.is_(None)
        )
        return [(row.id, row.title) for row in self._connection.execute(query.limit(limit))]

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
        if order:
            column = _sort_column(form, main, order.removeprefix("-"))
            sign = column.desc() if order.startswith("-") else column.asc()
            query = query.order_by(sign.nulls_last(), main.c.id.desc()).offset(skip)
        else:
            query = query.order_by(main.c.id.desc())
        if after:
            query = query.where(main.c.id < after)
        if text:
            query = query.where(_says(main, text))
        return [_record(form, row) for row in self._connection.execute(query).mappings()]

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

    def _add_rows(self, form: Form, record: Record) -> None:
        tables = tables_of(form)
        for one in form.fields:
            given = record.values.get(one.key) or []
            if one.type == "subtable":
                table, rows = tables.rows[one.key], [stored(one.fields, row) for row in given]
            elif one.type == "links":
                table, rows = tables.joins[one.key], [{"target": target} for target in given]
            else:
                continue
            if rows:
                numbered = [
                    {"id": self._next_id(), "record_id": record.id, "pos": index, **row}
                    for index, row in enumerate(rows)
                ]
                self._connection.execute(insert(table), numbered)


def _alive(main: Table, *, bin: bool) -> Any:  # noqa: A002
    return main.c.deleted_at.is_not(None) if bin else main.c.deleted_at.is_(None)


def _says(main: Table, text: str) -> Any:
    return or_(
        main.c.number.contains(text, autoescape=True),
        main.c.title.contains(text, autoescape=True),
    )


def _sort_column(form: Form, main: Table, key: str) -> Any:
    found = form.by_label(key)
    own = columns(found) if found else []
    name = own[0].name if own else key
    return main.c.get(name, main.c.id)


def _counted(record: Record | None) -> Record | None:
    """A record as sums see it: what is void or in the recycle bin is not there."""
    return None if record is None or record.voided_at or record.deleted_at else record


def _copied(record: Record) -> Record:
    """The same record with values of its own, down to the rows."""
    values = {
        key: [dict(row) if isinstance(row, dict) else row for row in value]
        if isinstance(value, list)
        else value
        for key, value in record.values.items()
    }
    return replace(record, values=values)


def _record(form: Form, row: RowMapping) -> Record:
    system = {name: row[name] for name in SYSTEM}
    return Record(**system, form=form.key, values=loaded(form.fields, row))
