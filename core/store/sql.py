"""Small statements that the repositories share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique key is taken; True when the row is ours.

    On PostgreSQL this waits for a transaction that inserted the same key and has not ended yet.
    """
    row = connection.execute(_insert_new(table, connection.dialect.name), dict(values)).first()
    return row is not None


@lru_cache(maxsize=256)
def _insert_new(table: Table, dialect: str) -> ReturningInsert[tuple[Any]]:
    """Built once: on the hot path building a statement costs more than running it."""
    module = sqlite if dialect == "sqlite" else postgresql
    key = next(iter(table.primary_key.columns))
    statement: ReturningInsert[tuple[Any]] = module.insert(table).on_conflict_do_nothing().returning(key)
    return statement


def upsert(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert, or replace the other columns of the row with the same primary key."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    keys = [column.name for column in table.primary_key.columns]
    statement = dialect.insert(table).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


class Taken(Exception):
    """A unique key of a bulk insert is taken; none of its rows was inserted, the transaction must be rolled back."""


def insert_many(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert many rows at once: executemany on SQLite, COPY on PostgreSQL. Raises Taken.

    Past SQLAlchemy's own bulk insert, which costs more for a row than the row itself.
    """
    if not rows:
        return
    given = _converted(connection, table, names, rows)
    columns = ", ".join(names)
    driver: Any = connection.connection.driver_connection
    try:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(names))
            insert = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608  (our own names)
            driver.executemany(insert, given)
            return
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in given:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.IntegrityError as error:
        raise Taken(table.name) from error


def _converted(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Sequence[Sequence[Any]]:
    """The values as the driver wants them."""
    dialect = connection.dialect
    found = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    places = [(at, make) for at, make in enumerate(found) if make]
    if not places:
        return rows
    columns = list(zip(*rows, strict=True))
    for at, make in places:
        seen = {one: make(one) for one in set(columns[at])}  # nearly always one instant
        columns[at] = tuple([seen[one] for one in columns[at]])
    return list(zip(*columns, strict=True))
