"""Whole tables as plain rows, in batches, for export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from core.tables import metadata


def rows_of(connection: Connection, name: str, batch: int = 1000) -> Iterator[dict[str, Any]]:
    """Every row of a system table, by its primary key."""
    table = metadata.tables[name]
    query = select(table).order_by(*table.primary_key.columns)
    for part in connection.execution_options(yield_per=batch).execute(query).mappings().partitions():
        for row in part:
            # names that SQL reserves come as a subclass of str, which the JSON writer refuses as a key
            yield {str(name): value for name, value in row.items()}
