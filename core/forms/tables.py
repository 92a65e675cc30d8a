"""One physical table for each form, one for each sub-table and N:N link; typed columns, real indexes (decision D4).

Column = the field's key, for ever: a label changes nothing here, a removed field keeps its column, another type is
another field that takes the values over (`from:`). So publishing is CREATE TABLE, ADD COLUMN, CREATE INDEX.
A value of several parts (range, address) has a column for each part: `leave__start`, `leave__end`, `leave__span`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    bindparam,
    inspect,
    select,
)
from sqlalchemy.types import TypeEngine

from core import canon
from core.columns import Exact, Instant
from core.expressions import SqlTable
from core.forms.definition import FieldDef, Form
from core.tables import ID, NAME

ColumnType = Callable[[FieldDef], TypeEngine[Any]]


def _text(_field: FieldDef) -> TypeEngine[Any]:
    return Text()


def _exact(field: FieldDef) -> TypeEngine[Any]:
    return Exact(field.scale)


def _span(_field: FieldDef) -> TypeEngine[Any]:
    return Exact(2)


def _date(_field: FieldDef) -> TypeEngine[Any]:
    return Date()


def _instant(_field: FieldDef) -> TypeEngine[Any]:
    return Instant()


# "" is the value itself; any other name is a part of it
COLUMN_TYPES: dict[str, dict[str, ColumnType]] = {
    "text": {"": _text},
    "rich_text": {"": _text},
    "number": {"": _exact},
    "money": {"": _exact},
    "date": {"": _date},
    "datetime": {"": _instant},
    "time": {"": lambda _field: String(5)},
    "date_range": {"start": _date, "end": _date, "span": _span},
    "datetime_range": {"start": _instant, "end": _instant, "span": _span},
    "select": {"": _text},
    "multi_select": {"": _text},
    "switch": {"": lambda _field: Boolean()},
    "member": {"": lambda _field: NAME},
    "members": {"": _text},
    "department": {"": lambda _field: NAME},
    "departments": {"": _text},
    "role": {"": lambda _field: NAME},
    "phone": {"": lambda _field: String(40)},
    "email": {"": lambda _field: String(320)},
    "url": {"": _text},
    "id_card": {"": lambda _field: String(18)},
    "uscc": {"": lambda _field: String(18)},
    "address": {
        "code": lambda _field: String(6),
        "province": _text,
        "city": _text,
        "district": _text,
        "detail": _text,
    },
    "attachment": {"": _text},
    "image": {"": _text},
    "link": {"": lambda _field: ID},
    "serial": {"": lambda _field: NAME},
    "barcode": {"": _text},
}
LISTS = frozenset({"multi_select", "members", "departments"})
_ROW_SYSTEM = frozenset({"id", "record_id", "pos"})
AS_JSON = LISTS | {"attachment", "image"}
INDEXED = frozenset({"link", "member", "serial", "department"})
OWN_TABLE = frozenset({"subtable", "links"})

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
    "effective_at",
    "voided_at",
    "void_reason",
    "deleted_at",
)


@dataclass(frozen=True)
class FormTables:
    """The tables of one form version: rows of sub-tables and joins of N:N links by field key.

    by_ids     the SELECT of records by a list `ids`, system columns and values
    rows_by    by field key, the SELECT of the rows of records `ids`, in their order
    """

    main: Table
    rows: dict[str, Table]
    joins: dict[str, Table]
    by_ids: Select[Any]
    rows_by: dict[str, Select[Any]]

    @property
    def all(self) -> tuple[Table, ...]:
        """Every table."""
        return (self.main, *self.rows.values(), *self.joins.values())


def table_name(form: str, subtable: str = "") -> str:
    """`f_expense_claim`, `f_expense_claim__items`."""
    return f"f_{form}__{subtable}" if subtable else f"f_{form}"


def in_columns(one: FieldDef) -> bool:
    """Whether the field's values stand in the form's own table."""
    return one.stored and one.type not in OWN_TABLE and one.base.type in COLUMN_TYPES


@dataclass(frozen=True, eq=False, slots=True)
class _This:
    """A form as itself: comparing two forms field by field costs more than what is looked up by them."""

    form: Form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self.form is other.form


def tables_of(form: Form) -> FormTables:
    """The tables of a form, as SQLAlchemy sees them; no database is asked."""
    return _tables_of(_This(form))


@lru_cache(maxsize=512)
def _tables_of(this: _This) -> FormTables:
    form = this.form
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
        Column("effective_at", Instant),
        Column("voided_at", Instant),
        Column("void_reason", Text),
        Column("deleted_at", Instant),
        *(column for one in form.fields for column in columns(one)),
    )
    rows = {
        one.key: _child(form, metadata, one.key, [c for child in one.fields for c in columns(child)])
        for one in form.subtables
    }
    joins = {
        one.key: _child(form, metadata, one.key, [Column("target", ID, nullable=False, index=True)])
        for one in form.fields
        if one.type == "links"
    }
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    rows_by = {
        key: select(table.c.record_id, *(c for c in table.c if c.name not in _ROW_SYSTEM))
        .where(table.c.record_id.in_(ids))
        .order_by(table.c.record_id, table.c.pos)
        for key, table in {**rows, **joins}.items()
    }
    return FormTables(main, rows, joins, select(main).where(main.c.id.in_(ids)), rows_by)


def _child(form: Form, metadata: MetaData, key: str, more: list[Column[Any]]) -> Table:
    return Table(
        table_name(form.key, key),
        metadata,
        Column("id", ID, primary_key=True),
        Column("record_id", ID, nullable=False, index=True),
        Column("pos", Integer, nullable=False),
        *more,
    )


def column_name(key: str, part: str) -> str:
    """`leave`, `leave__start`."""
    return f"{key}__{part}" if part else key


def columns(one: FieldDef) -> list[Column[Any]]:
    """The columns of a field; none for what has a table of its own or is never stored."""
    if not in_columns(one):
        return []
    indexed = one.base.type in INDEXED or one.unique
    return [
        Column(column_name(one.key, part), kind(one.base), index=indexed and not part)
        for part, kind in COLUMN_TYPES[one.base.type].items()
    ]


def build(connection: Connection, form: Form) -> list[str]:
    """Make or extend the tables of a form; says what it did, in order."""
    context = MigrationContext.configure(connection, opts={"as_sql": False})
    operations = Operations(context)
    done: list[str] = []
    for table in tables_of(form).all:
        done += _build_one(connection, operations, table)
    return done


def _build_one(connection: Connection, operations: Operations, table: Table) -> list[str]:
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        operations.create_table(table.name, *(one._copy() for one in table.columns))
        return [f"create {table.name}"]
    present = {one["name"] for one in inspector.get_columns(table.name)}
    indexes = {one["name"] for one in inspector.get_indexes(table.name)}
    done = []
    for column in table.columns:
        if column.name not in present:
            operations.add_column(table.name, Column(column.name, column.type, nullable=True))
            done.append(f"add {table.name}.{column.name}")
        name = str(Index(None, column).name or f"ix_{table.name}_{column.name}") if column.index else ""
        if name and name not in indexes and f"ix_{table.name}_{column.name}" not in indexes:
            operations.create_index(name, table.name, [column.name])
    return done


def stored(fields: Sequence[FieldDef], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as columns hold them."""
    found: dict[str, Any] = {}
    for one in fields:
        if not in_columns(one):
            continue
        value = values.get(one.key)
        for part in COLUMN_TYPES[one.base.type]:
            inner = value.get(part) if part and value is not None else value
            if one.base.type in AS_JSON and inner is not None:
                inner = canon.dumps(inner)
            found[column_name(one.key, part)] = inner
    return found


def loaded(fields: Sequence[FieldDef], row: RowMapping) -> dict[str, Any]:
    """Columns as values; what is not in columns is None."""
    return {one.key: _value(one, row) for one in fields if one.type not in OWN_TABLE and not one.layout}


def _value(one: FieldDef, row: RowMapping) -> Any:
    if not in_columns(one):
        return None
    kind = one.base.type
    if "" in COLUMN_TYPES[kind]:
        value = row[one.key]
        return canon.loads(value) if kind in AS_JSON and value else value
    parts = {part: row[column_name(one.key, part)] for part in COLUMN_TYPES[kind]}
    return None if next(iter(parts.values())) is None else parts


def sql_table(form: Form, dialect: str, find: Callable[[str], Form | None], depth: int = 2) -> SqlTable:
    """The form's table as expressions push down to it: columns, sub-tables, links, parts."""
    return _sql_table(form, tables_of(form).main, dialect, find, depth)


def _sql_table(
    form: Form, main: Any, dialect: str, find: Callable[[str], Form | None], depth: int
) -> SqlTable:
    tables = tables_of(form)
    plain = {one.key: main.c[one.key] for one in form.fields if _comparable(one)}
    system = {name: main.c[name] for name in ("number", "created_by", "created_at", "updated_at", "state")}
    dates = {name: main.c[name] for name in ("effective_at", "voided_at")}
    rows = {}
    for one in form.subtables:
        child = tables.rows[one.key]
        inner = {c.key: child.c[c.key] for c in one.fields if _comparable(c)}
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
        elif in_columns(one) and "" not in COLUMN_TYPES[one.base.type]:
            own = tables.main.alias()
            parts = {part: own.c[column_name(one.key, part)] for part in COLUMN_TYPES[one.base.type]}
            links[one.key] = (SqlTable(parts, {}, {}, dialect), own.c.id, main.c.id)
    return SqlTable({**plain, **system, **dates}, rows, links, dialect)


def _comparable(one: FieldDef) -> bool:
    kind = one.base.type
    return in_columns(one) and "" in COLUMN_TYPES[kind] and (kind not in AS_JSON or kind in LISTS)
