"""What belongs to the life of records beside their tables: comments, and backfills of new fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core import canon
from core.store.sql import upsert
from core.tables import draft, form_backfill, record_comment


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; mentions are person ids, files as attachments hold them."""

    id: str
    form: str
    record_id: str
    person: str
    text: str
    mentions: list[str]
    files: list[dict[str, Any]]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backfill:
    """A new field taking over another one's values; `after_id`: how far it is; samples: (number, value, reason)."""

    form: str
    field: str
    source: str
    after_id: str
    done: int
    failed: int
    samples: list[list[str]]
    state: str
    created_at: datetime


class Life:
    """These rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_comment(self, row: Comment) -> None:
        """Insert a comment."""
        values = {name: getattr(row, name) for name in Comment.__dataclass_fields__}
        values |= {"mentions": canon.dumps(row.mentions), "files": canon.dumps(row.files)}
        self._connection.execute(insert(record_comment), values)

    def comments(self, record_id: str) -> list[Comment]:
        """The comments of a record, oldest first."""
        query = select(record_comment).where(record_comment.c.record_id == record_id)
        return [
            Comment(
                **{k: row[k] for k in ("id", "form", "record_id", "person", "text", "created_at")},
                mentions=canon.loads(row["mentions"]),
                files=canon.loads(row["files"]),
            )
            for row in self._connection.execute(query.order_by(record_comment.c.id)).mappings()
        ]

    def drop_comments(self, record_id: str) -> None:
        """A record ended for ever."""
        self._connection.execute(delete(record_comment).where(record_comment.c.record_id == record_id))

    def begin_backfill(self, form: str, field: str, source: str, now: datetime) -> None:
        """A field begins to take over values."""
        row = Backfill(form, field, source, "", 0, 0, [], "open", now)
        upsert(self._connection, form_backfill, _columns(row))

    def backfills(self, form: str = "", *, open_only: bool = False) -> list[Backfill]:
        """Backfills, of one form or of all."""
        query = select(form_backfill)
        if form:
            query = query.where(form_backfill.c.form == form)
        if open_only:
            query = query.where(form_backfill.c.state == "open")
        rows = self._connection.execute(query.order_by(form_backfill.c.created_at)).mappings()
        return [Backfill(**{**row, "samples": canon.loads(row["samples"])}) for row in rows]

    def save_backfill(self, row: Backfill) -> None:
        """How far it is."""
        statement = update(form_backfill).where(
            form_backfill.c.form == row.form, form_backfill.c.field == row.field
        )
        self._connection.execute(statement.values(**_columns(row)))

    def open_drafts(self, person: str, limit: int) -> list[dict[str, Any]]:
        """A person's drafts that were not handed in, newest first: id, form, body, saved_at."""
        query = (
            select(draft.c.id, draft.c.form, draft.c.body, draft.c.saved_at)
            .where(draft.c.person == person, draft.c.record_id.is_(None), draft.c.revision > 0)
            .order_by(draft.c.saved_at.desc())
            .limit(limit)
        )
        return [
            {**row, "values": canon.loads(row["body"])} for row in self._connection.execute(query).mappings()
        ]

    def drop_draft(self, id_: str) -> None:
        """Throw a draft away; only one that was not handed in."""
        self._connection.execute(delete(draft).where(draft.c.id == id_, draft.c.record_id.is_(None)))


def _columns(row: Backfill) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Backfill.__dataclass_fields__}
    return {**values, "samples": canon.dumps(row.samples)}
