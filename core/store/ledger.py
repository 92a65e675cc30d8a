"""Aggregate tables in the database: one table each, changed by deltas in the transaction of each record change.

Sums are changed with SQL arithmetic (`m = m + excluded.m`), never read-modify-write; rows are touched in a fixed
order. `touched` collects what moved, for the threshold rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from core.columns import Exact
from core.expressions import Scope
from core.forms.definition import Form
from core.forms.storage import Record, Records
from core.rules.aggregate import Aggregate, KeyDef, Keys, MeasureDef, ReadyAggregate, Sums, moved
from core.rules.book import Book

BATCH = 1000


@dataclass(frozen=True)
class Difference:
    """Where the stored sums and a recount disagree; keys in order, sums by measure."""

    keys: Keys
    stored: Sums
    counted: Sums


def table_of(definition: Aggregate) -> Table:
    """`a_stock`: the keys, then the measures."""
    return _table(definition.key, definition.keys, definition.measures)


@lru_cache(maxsize=256)
def _table(key: str, keys: tuple[KeyDef, ...], measures: tuple[MeasureDef, ...]) -> Table:
    return Table(
        f"a_{key}",
        MetaData(),
        *(Column(one.key, Text, primary_key=True, nullable=False) for one in keys),
        *(Column(one.key, Exact(one.decimals), nullable=False, server_default=text("0")) for one in measures),
    )


class Ledger:
    """Sums as one transaction sees them."""

    def __init__(self, connection: Connection, book: Callable[[], Book], scope: Callable[[], Scope]) -> None:
        self._connection = connection
        self._book = book
        self._scope = scope
        self.touched: list[tuple[str, Keys]] = []

    def wants(self, form: str) -> bool:
        """Whether changes of this form move sums."""
        return form in self._book().sources

    def moved(self, before: Record | None, after: Record | None) -> None:
        """A record came, changed, or went; both with their rows."""
        record = after or before
        if record is None:
            return
        scope = self._scope()
        for ready in self._book().sources[record.form]:
            old = ready.contributions(before, scope) if before else {}
            new = ready.contributions(after, scope) if after else {}
            self._add(ready.definition, moved(old, new))

    def _add(self, definition: Aggregate, changes: dict[Keys, Sums]) -> None:
        if not changes:
            return
        rows = [_row(definition, keys, sums) for keys, sums in changes.items()]
        statement = _adding(table_of(definition), self._connection.dialect.name)
        for row in rows:
            self._connection.execute(statement, row)
        self.touched += [(definition.key, keys) for keys in changes]

    def value(self, name: str, keys: Sequence[object]) -> Decimal:
        """One sum: `表.指标`, over the given keys (fewer: summed over the rest; empty: not restricted)."""
        definition, place = self._book().measure(name)
        table = table_of(definition)
        column = table.c[definition.measures[place].key]
        query = select(func.sum(column).label("total"))
        for one, value in zip(definition.keys, keys, strict=False):
            if value is not None:
                query = query.where(table.c[one.key] == str(value))
        found = self._connection.execute(query).scalar()
        return _decimal(found, definition.measures[place].decimals, self._connection.dialect.name)

    def measures(self, definition: Aggregate, place: int, key: str) -> dict[str, Decimal]:
        """All measures, by key, of everything under one value of one key."""
        query = _summing(table_of(definition), definition.keys[place].key)
        found = self._connection.execute(query, {"wanted": key}).mappings().one()
        dialect = self._connection.dialect.name
        return {one.key: _decimal(found[one.key], one.decimals, dialect) for one in definition.measures}

    def all_measures(self, definition: Aggregate, place: int) -> dict[str, dict[str, Decimal]]:
        """`measures` for every value of one key, in one statement."""
        table, key = table_of(definition), definition.keys[place].key
        query = select(
            table.c[key].label("_key"),
            *(func.sum(table.c[one.key]).label(one.key) for one in definition.measures),
        ).group_by(table.c[key])
        dialect = self._connection.dialect.name
        return {
            row["_key"]: {
                one.key: _decimal(row[one.key], one.decimals, dialect) for one in definition.measures
            }
            for row in self._connection.execute(query).mappings()
        }

    def rows(self, definition: Aggregate, limit: int = 500) -> list[tuple[Keys, Sums]]:
        """What is stored, by keys."""
        table = table_of(definition)
        found = self._connection.execute(select(table).order_by(*table.primary_key.columns).limit(limit))
        return [_split(definition, row) for row in found.mappings()]

    def build(self, definition: Aggregate) -> None:
        """Make the table, or make it anew when its columns are others."""
        table = table_of(definition)
        inspector = inspect(self._connection)
        operations = Operations(MigrationContext.configure(self._connection))
        if inspector.has_table(table.name):
            present = {one["name"] for one in inspector.get_columns(table.name)}
            if present == {one.name for one in table.columns} and not self._rescaled(definition):
                return
            operations.drop_table(table.name)
        operations.create_table(table.name, *(one._copy() for one in table.columns))

    def _rescaled(self, definition: Aggregate) -> bool:
        """A measure with other decimals stores other integers on SQLite: always make the table anew."""
        before = self._book().aggregates.get(definition.key)
        return before is None or before.definition.measures != definition.measures

    def rebuild(self, ready: ReadyAggregate, find: Callable[[str], Form | None]) -> int:
        """Count everything again; the number of rows. Writers wait until this transaction ends."""
        table = table_of(ready.definition)
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))
        self._connection.execute(delete(table))
        rows = [_row(ready.definition, keys, sums) for keys, sums in self.counted(ready, find).items()]
        for start in range(0, len(rows), BATCH):
            self._connection.execute(insert(table), rows[start : start + BATCH])
        return len(rows)

    def verify(self, ready: ReadyAggregate, find: Callable[[str], Form | None]) -> list[Difference]:
        """Where the stored sums are not what a recount gives. Needs a consistent view (`Store.read` has one)."""
        definition, zero = ready.definition, tuple(Decimal(0) for _ in ready.definition.measures)
        counted = self.counted(ready, find)
        table = table_of(definition)
        stored = dict(_split(definition, row) for row in self._connection.execute(select(table)).mappings())
        return [
            Difference(keys, stored.get(keys, zero), counted.get(keys, zero))
            for keys in sorted({*counted, *stored})
            if stored.get(keys, zero) != counted.get(keys, zero)
        ]

    def counted(self, ready: ReadyAggregate, find: Callable[[str], Form | None]) -> dict[Keys, Sums]:
        """The sums out of the records themselves."""
        found: dict[Keys, Sums] = {}
        scope = self._scope()
        for key in sorted({one.definition.form for one in ready.sources}):
            form = find(key)
            for record in self._every(form) if form else ():
                for keys, sums in ready.contributions(record, scope).items():
                    before = found.get(keys)
                    found[keys] = tuple(map(Decimal.__add__, before, sums)) if before else sums
        return found

    def _every(self, form: Form) -> Iterator[Record]:
        records, after = Records(self._connection, lambda: ""), ""
        while page := records.page(form, after=after, limit=BATCH):
            records.with_rows(form, page)
            yield from (one for one in page if not one.voided_at)
            after = page[-1].id


def _row(definition: Aggregate, keys: Keys, sums: Sums) -> dict[str, Any]:
    return {
        **{one.key: value for one, value in zip(definition.keys, keys, strict=True)},
        **{one.key: value for one, value in zip(definition.measures, sums, strict=True)},
    }


def _split(definition: Aggregate, row: Any) -> tuple[Keys, Sums]:
    return tuple(row[one.key] for one in definition.keys), tuple(row[one.key] for one in definition.measures)


@lru_cache(maxsize=256)
def _summing(table: Table, key: str) -> Any:
    """All measures under one value of a key; built once: on the hot path building costs more than running."""
    keys = {one.name for one in table.primary_key.columns}
    sums = (func.sum(one).label(one.name) for one in table.columns if one.name not in keys)
    return select(*sums).where(table.c[key] == bindparam("wanted"))


@lru_cache(maxsize=256)
def _adding(table: Table, dialect: str) -> Any:
    """Insert, or add to what is there; built once for each table."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [one.name for one in table.primary_key.columns]
    added = {one.name: one + statement.excluded[one.name] for one in table.columns if one.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=added)


def _decimal(value: Any, decimals: int, dialect: str) -> Decimal:
    """A sum as a Decimal: sqlalchemy keeps the column's type for SUM, integers of SQLite may come bare."""
    if value is None:
        return Decimal(0)
    if isinstance(value, Decimal):
        return value
    return Decimal(int(value)).scaleb(-decimals) if dialect == "sqlite" else Decimal(value)


def keys_under(touched: Iterable[tuple[str, Keys]], key: str, place: int) -> list[str]:
    """The values of one key that moved, in order, once each."""
    return list(dict.fromkeys(keys[place] for name, keys in touched if name == key))
