"""Small statements that the repositories share."""

from __future__ import annotations

from collections.abc import Mapping
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
