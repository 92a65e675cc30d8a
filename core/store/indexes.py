"""Indexes of form tables on PostgreSQL, made beside the work: CONCURRENTLY, so that nobody waits for them."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text

from core.forms.definition import Form
from core.forms.tables import missing_indexes, tables_of

LOCK = 0x7A68_6F6F  # pg_advisory_lock key: one process makes indexes at a time


def make_indexes(engine: Engine, forms: list[Form]) -> int:
    """Make every index that the tables of these forms should have; how many were made."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar():
            return 0
        try:
            return sum(_make(connection, form) for form in forms)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.execute(text("RESET statement_timeout"))


def _make(connection: Connection, form: Form) -> int:
    made = 0
    for table in tables_of(form).all:
        if not inspect(connection).has_table(table.name):
            continue
        _drop_broken(connection, table.name)
        for name, column in missing_indexes(connection, table):
            connection.execute(
                text(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{table.name}" ("{column}")')
            )
            made += 1
    return made


def _drop_broken(connection: Connection, table: str) -> None:
    """One that was being made when the server stopped is there and not valid: it is made anew."""
    query = text(
        "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid WHERE t.relname = :table AND NOT x.indisvalid"
    )
    for name in connection.execute(query, {"table": table}).scalars().all():
        connection.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
