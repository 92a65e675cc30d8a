"""One physical table for each form, one for each sub-table; typed columns, real indexes (decision D4).

Column = the field's key, for ever: a label changes nothing here, a removed field keeps its column, a changed
type is refused (core/forms/lint.py). So publishing is CREATE TABLE, ADD COLUMN, CREATE INDEX, in the same
transaction as the version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from core import canon
from core.columns import Exact, Instant
from core.expressions import SqlTable
from core.forms.definition import FieldDef, Form
from core.tables import ID, NAME

COLUMN_TYPES: dict[str, Callable[[FieldDef], TypeEngine[Any]]] = {
    "text": lambda _field: Text(),
    "number": lambda field: Exact(field.scale),
    "money": lambda field: Exact(field.scale),
    "date": lambda _field: Date(),
    "select": lambda _field: Text(),
    "switch": lambda _field: Boolean(),
    "member": lambda _field: NAME,
    "link": lambda _field: ID,
    "attachment": lambda _field: Text(),
}
AS_JSON = frozenset({"attachment"})
INDEXED = frozenset({"link", "member"})


@dataclass(frozen=True)
class Record:
    """One stored record: system columns, and its values by field key in Python types."""

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

    def facts(self) -> dict[str, Any]:
        """What expressions may see: values and system names."""
        return {
            **self.values,
            "number": self.number,
            "created_by": self.created_by,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "state": self.state,
        }


SYSTEM = (
    "id",
    "number",
    "title",
    "version",
    "state",
    "form_version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)


@dataclass(frozen=True)
class FormTables:
    """The tables of one form version."""

    main: Table
    rows: dict[str, Table]


def table_name(form: str, subtable: str = "") -> str:
    """`f_expense_claim`, `f_expense_claim__items`."""
    return f"f_{form}__{subtable}" if subtable else f"f_{form}"


@lru_cache(maxsize=512)
def tables_of(form: Form) -> FormTables:
    """The tables of a form, as SQLAlchemy sees them; no database is asked."""
    metadata = MetaData()
    main = Table(
        table_name(form.key),
        metadata,
        Column("id", ID, primary_key=True),
        Column("number", NAME, nullable=False, unique=True),
        Column("title", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("state", String(20), nullable=False),
        Column("form_version", Integer, nullable=False),
        Column("created_at", Instant, nullable=False, index=True),
        Column("created_by", NAME, nullable=False, index=True),
        Column("updated_at", Instant, nullable=False),
        Column("updated_by", NAME, nullable=False),
        *(_column(one) for one in form.fields if one.type != "subtable"),
    )
    rows = {
        one.key: Table(
            table_name(form.key, one.key),
            metadata,
            Column("id", ID, primary_key=True),
            Column("record_id", ID, nullable=False, index=True),
            Column("pos", Integer, nullable=False),
            *(_column(child) for child in one.fields),
        )
        for one in form.subtables
    }
    return FormTables(main, rows)


def _column(one: FieldDef) -> Column[Any]:
    return Column(one.key, COLUMN_TYPES[one.type](one), index=one.type in INDEXED)


def build(connection: Connection, form: Form) -> list[str]:
    """Make or extend the tables of a form; says what it did, in order."""
    tables = tables_of(form)
    context = MigrationContext.configure(connection, opts={"as_sql": False})
    operations = Operations(context)
    done: list[str] = []
    for table in (tables.main, *tables.rows.values()):
        done += _build_one(connection, operations, table)
    return done


def _build_one(connection: Connection, operations: Operations, table: Table) -> list[str]:
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        operations.create_table(table.name, *(one._copy() for one in table.columns))
        return [f"create {table.name}"]
    present = {one["name"] for one in inspector.get_columns(table.name)}
    done = []
    for column in table.columns:
        if column.name not in present:
            operations.add_column(table.name, Column(column.name, column.type, nullable=True))
            done.append(f"add {table.name}.{column.name}")
            if column.index:
                name = Index(None, column).name or f"ix_{table.name}_{column.name}"
                operations.create_index(str(name), table.name, [column.name])
    return done


class Watcher(Protocol):
    """Who keeps sums over records (core/store/ledger.py)."""

    def wants(self, form: str) -> bool:
        """Whether changes of this form matter."""

    def moved(self, before: Record | None, after: Record | None) -> None:
        """A record came, changed, or went; both with their rows."""


class Records:
    """Rows of form tables in one transaction. `next_id` makes ids for sub-table rows."""

    def __init__(
        self, connection: Connection, next_id: Callable[[], str], watcher: Watcher | None = None
    ) -> None:
        self._connection = connection
        self._next_id = next_id
        self._watcher = watcher

    def _watched(self, form: Form) -> Watcher | None:
        return self._watcher if self._watcher is not None and self._watcher.wants(form.key) else None

    def add(self, form: Form, record: Record) -> None:
        """Insert a record with its rows."""
        tables = tables_of(form)
        system = {name: getattr(record, name) for name in SYSTEM}
        self._connection.execute(insert(tables.main), {**system, **_stored(form.fields, record.values)})
        self._add_rows(form, record)
        if watcher := self._watched(form):
            watcher.moved(None, record)

    def change(self, form: Form, record: Record, version: int) -> bool:
        """Write over `version`; False when somebody else changed it first."""
        tables = tables_of(form)
        watcher = self._watched(form)
        before = self.load(form, record.id, lock=True) if watcher else None
        system = {
            name: getattr(record, name) for name in SYSTEM if name not in ("id", "created_at", "created_by")
        }
        statement = (
            update(tables.main)
            .where(tables.main.c.id == record.id, tables.main.c.version == version)
            .values(**system, **_stored(form.fields, record.values))
        )
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in tables.rows.values():
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
        statement = delete(tables.main).where(tables.main.c.id == record_id)
        if version is not None:
            statement = statement.where(tables.main.c.version == version)
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in tables.rows.values():
            self._connection.execute(delete(table).where(table.c.record_id == record_id))
        if watcher:
            watcher.moved(before, None)
        return True

    def set_state(self, form: Form, record_id: str, state: str) -> None:
        """The flow's state, shown in lists; no new record version."""
        main = tables_of(form).main
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._connection.execute(update(main).where(main.c.id == record_id).values(state=state))
        if watcher and before is not None:
            watcher.moved(before, replace(before, state=state))

    def load(self, form: Form, record_id: str, *, lock: bool = False) -> Record | None:
        """One record with its rows; `lock`: nobody else changes it until this transaction ends."""
        main = tables_of(form).main
        query = select(*_columns(form, main)).where(main.c.id == record_id)
        if lock:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        record = _record(form, row)
        for one in form.subtables:
            record.values[one.key] = self._load_rows(form, one, record_id)
        return record

    def find(self, form: Form, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(id, title) of the records that a text means exactly: id, number or title."""
        main = tables_of(form).main
        query = select(main.c.id, main.c.title).where(
            or_(main.c.id == text, main.c.number == text, main.c.title == text)
        )
        return [(row.id, row.title) for row in self._connection.execute(query.limit(limit))]

    def equal(self, form: Form, values: Mapping[str, Any], limit: int) -> list[Record]:
        """Records whose fields equal all of these plain values, oldest first, with their rows."""
        main = tables_of(form).main
        typed = _stored([one for one in form.fields if one.key in values], values)
        where = [main.c.id == values["id"]] if "id" in values else []
        where += [main.c[key] == value for key, value in typed.items()]
        query = select(*_columns(form, main)).where(*where).order_by(main.c.id).limit(limit)
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

    def page(
        self, form: Form, *, where: Sequence[Any] = (), after: str = "", limit: int = 50, text: str = ""
    ) -> list[Record]:
        """Records newest first (ids sort by time), below the id `after`; rows of sub-tables are not loaded."""
        main = tables_of(form).main
        query = select(*_columns(form, main)).where(*where).order_by(main.c.id.desc()).limit(limit)
        if after:
            query = query.where(main.c.id < after)
        if text:
            query = query.where(
                or_(
                    main.c.number.contains(text, autoescape=True),
                    main.c.title.contains(text, autoescape=True),
                )
            )
        return [_record(form, row) for row in self._connection.execute(query).mappings()]

    def count(self, form: Form, where: Sequence[Any] = ()) -> int:
        """How many records there are."""
        query = select(func.count()).select_from(tables_of(form).main).where(*where)
        return self._connection.execute(query).scalar_one()

    def exists(self, form: Form, record_id: str, where: Sequence[Any] = ()) -> bool:
        """True when a record with this id fulfils the conditions."""
        main = tables_of(form).main
        query = select(main.c.id).where(main.c.id == record_id, *where)
        return self._connection.execute(query).first() is not None

    def last(self, form: Form, record_id: str) -> datetime | None:
        """When a record was made."""
        main = tables_of(form).main
        return self._connection.execute(select(main.c.created_at).where(main.c.id == record_id)).scalar()

    def with_rows(self, form: Form, records: Sequence[Record]) -> None:
        """Put the rows of all sub-tables into records of a page, one statement for each sub-table."""
        by_id = {one.id: one for one in records}
        for one in form.subtables:
            for record in records:
                record.values[one.key] = []
            table = tables_of(form).rows[one.key]
            columns = (table.c.record_id, *(table.c[child.key] for child in one.fields))
            query = select(*columns).where(table.c.record_id.in_(list(by_id))).order_by(table.c.pos)
            for row in self._connection.execute(query).mappings():
                by_id[row["record_id"]].values[one.key].append(_loaded(one.fields, row))

    def _add_rows(self, form: Form, record: Record) -> None:
        tables = tables_of(form)
        for one in form.subtables:
            rows = [
                {
                    "id": self._next_id(),
                    "record_id": record.id,
                    "pos": index,
                    **_stored(one.fields, row),
                }
                for index, row in enumerate(record.values.get(one.key) or [])
            ]
            if rows:
                self._connection.execute(insert(tables.rows[one.key]), rows)

    def _load_rows(self, form: Form, one: FieldDef, record_id: str) -> list[dict[str, Any]]:
        table = tables_of(form).rows[one.key]
        query = (
            select(*(table.c[child.key] for child in one.fields))
            .where(table.c.record_id == record_id)
            .order_by(table.c.pos)
        )
        return [_loaded(one.fields, row) for row in self._connection.execute(query).mappings()]


def sql_table(form: Form, dialect: str, find: Callable[[str], Form | None], depth: int = 2) -> SqlTable:
    """The form's table as expressions push down to it: columns, sub-tables, links."""
    return _sql_table(form, tables_of(form).main, dialect, find, depth)


def _sql_table(
    form: Form, main: Any, dialect: str, find: Callable[[str], Form | None], depth: int
) -> SqlTable:
    tables = tables_of(form)
    columns = {one.key: main.c[one.key] for one in form.fields if one.type not in ("subtable", *AS_JSON)}
    system = {name: main.c[name] for name in ("number", "created_by", "created_at", "updated_at", "state")}
    rows = {}
    for one in form.subtables:
        child = tables.rows[one.key]
        inner = {c.key: child.c[c.key] for c in one.fields if c.type not in AS_JSON}
        rows[one.key] = (SqlTable(inner, {}, {}, dialect), child.c.record_id, main.c.id)
    links = {}
    for one in form.fields:
        target = find(one.to) if one.type == "link" and depth else None
        if target is not None:
            other = tables_of(target).main.alias()
            links[one.key] = (
                _sql_table(target, other, dialect, find, depth - 1),
                other.c.id,
                main.c[one.key],
            )
    return SqlTable({**columns, **system}, rows, links, dialect)


def _columns(form: Form, main: Table) -> list[Any]:
    names = (*SYSTEM, *(one.key for one in form.fields if one.type != "subtable"))
    return [main.c[name] for name in names]


def _stored(fields: Sequence[FieldDef], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        one.key: canon.dumps(values[one.key])
        if one.type in AS_JSON and values.get(one.key) is not None
        else values.get(one.key)
        for one in fields
        if one.type != "subtable"
    }


def _loaded(fields: Sequence[FieldDef], row: RowMapping) -> dict[str, Any]:
    return {
        one.key: canon.loads(row[one.key]) if one.type in AS_JSON and row[one.key] else row[one.key]
        for one in fields
        if one.type != "subtable"
    }


def _record(form: Form, row: RowMapping) -> Record:
    system = {name: row[name] for name in SYSTEM}
    return Record(**system, form=form.key, values=_loaded(form.fields, row))
