"""Published versions (never changed), the drafts beside them, and the counters of serial numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from core.store.sql import insert_new, upsert
from core.tables import definition, definition_draft, definition_head, sequence

_HEADS = select(definition_head)


@dataclass(frozen=True, slots=True)
class Published:
    """One published version: its YAML text and who published it."""

    kind: str
    key: str
    version: int
    title: str
    source: str
    published_at: datetime
    published_by: str
    note: str


@dataclass(frozen=True, slots=True)
class DraftText:
    """Text that is being worked on; `revision` grows with each save."""

    kind: str
    key: str
    source: str
    revision: int
    saved_at: datetime
    saved_by: str


class Definitions:
    """Definition rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self, kind: str, key: str) -> int:
        """The version in force; 0 when there is none."""
        query = select(definition_head.c.version).where(
            definition_head.c.kind == kind, definition_head.c.key == key
        )
        return self._connection.execute(query).scalar() or 0

    def heads(self, kind: str = "") -> list[Published]:
        """Every version in force."""
        query = select(definition).join(
            definition_head,
            (definition.c.kind == definition_head.c.kind)
            & (definition.c.key == definition_head.c.key)
            & (definition.c.version == definition_head.c.version),
        )
        if kind:
            query = query.where(definition.c.kind == kind)
        rows = self._connection.execute(query.order_by(definition.c.kind, definition.c.key)).mappings()
        return [Published(**row) for row in rows]

    def version_map(self) -> dict[tuple[str, str], int]:
        """The versions in force of all definitions, in one statement."""
        rows = self._connection.execute(_HEADS)
        return {(row.kind, row.key): row.version for row in rows}

    def load(self, kind: str, key: str, version: int) -> Published | None:
        """One version."""
        query = select(definition).where(
            definition.c.kind == kind, definition.c.key == key, definition.c.version == version
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return Published(**row) if row else None

    def history(self, kind: str, key: str) -> list[Published]:
        """All versions, newest first."""
        query = select(definition).where(definition.c.kind == kind, definition.c.key == key)
        rows = self._connection.execute(query.order_by(definition.c.version.desc())).mappings()
        return [Published(**row) for row in rows]

    def publish(self, row: Published) -> None:
        """Add a version and put it in force."""
        values = {name: getattr(row, name) for name in Published.__dataclass_fields__}
        self._connection.execute(insert(definition), values)
        upsert(self._connection, definition_head, {"kind": row.kind, "key": row.key, "version": row.version})
        self.drop_draft(row.kind, row.key)

    def draft(self, kind: str, key: str) -> DraftText | None:
        """The text being worked on."""
        query = select(definition_draft).where(*_is_draft(kind, key))
        row = self._connection.execute(query).mappings().one_or_none()
        return DraftText(**row) if row else None

    def drafts(self) -> set[tuple[str, str]]:
        """Which definitions have a draft."""
        rows = self._connection.execute(select(definition_draft.c.kind, definition_draft.c.key))
        return {(row.kind, row.key) for row in rows}

    def save_draft(
        self, kind: str, key: str, source: str, revision: int, at: datetime, by: str
    ) -> int | None:
        """Save over `revision` (0 = there is none yet); the new revision, or None when it is stale."""
        values = {"source": source, "revision": revision + 1, "saved_at": at, "saved_by": by}
        if revision == 0:
            row = {"kind": kind, "key": key, **values}
            return 1 if insert_new(self._connection, definition_draft, row) else None
        statement = (
            update(definition_draft)
            .where(*_is_draft(kind, key), definition_draft.c.revision == revision)
            .values(**values)
        )
        return revision + 1 if self._connection.execute(statement).rowcount else None

    def drop_draft(self, kind: str, key: str) -> None:
        """Throw the draft away."""
        self._connection.execute(delete(definition_draft).where(*_is_draft(kind, key)))

    def next_number(self, name: str, period: str) -> int:
        """The next value of a serial number's counter, gap-free: it rolls back with its transaction."""
        return self.next_numbers(name, period, 1)

    def next_numbers(self, name: str, period: str, count: int) -> int:
        """The first of the next `count` values."""
        row = {"name": name, "period": period, "value": count}
        if insert_new(self._connection, sequence, row):
            return 1
        statement = (
            update(sequence)
            .where(sequence.c.name == name, sequence.c.period == period)
            .values(value=sequence.c.value + count)
            .returning(sequence.c.value)
        )
        return int(self._connection.execute(statement).scalar_one()) - count + 1


def _is_draft(kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (definition_draft.c.kind == kind, definition_draft.c.key == key)
