"""Imports that are under way: the file and what was asked, so that a stopped one can go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core import canon
from core.tables import import_job

WAITING, RUNNING, DONE = "waiting", "running", "done"
# No longer than the inbox keeps its answers: what was saved must be known when the rest is saved.
KEEP = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An uploaded file; `options` as the person chose them, `run`: how often it was begun for real or dry."""

    id: str
    person: str
    form: str
    name: str
    options: dict[str, Any]
    run: int
    state: str
    made_at: datetime


class ImportJobs:
    """These rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: ImportJob, body: bytes) -> None:
        """Keep a file; what is too old goes."""
        self._connection.execute(delete(import_job).where(import_job.c.made_at < row.made_at - KEEP))
        values = {name: getattr(row, name) for name in ImportJob.__dataclass_fields__}
        self._connection.execute(
            insert(import_job), {**values, "options": canon.dumps(row.options), "body": body}
        )

    def load(self, id_: str, person: str) -> ImportJob | None:
        """A person's own import."""
        found = self._select(import_job.c.id == id_, import_job.c.person == person)
        return found[0] if found else None

    def stopped(self, form: str, person: str) -> list[ImportJob]:
        """Those that were begun for real and have not ended, newest first."""
        return self._select(
            import_job.c.form == form, import_job.c.person == person, import_job.c.state == RUNNING
        )

    def _select(self, *where: Any) -> list[ImportJob]:
        columns = [import_job.c[name] for name in ImportJob.__dataclass_fields__]
        query = select(*columns).where(*where).order_by(import_job.c.made_at.desc())
        rows = self._connection.execute(query.limit(20)).mappings()
        return [ImportJob(**{**row, "options": canon.loads(row["options"])}) for row in rows]

    def body(self, id_: str) -> bytes:
        """The file."""
        return bytes(
            self._connection.execute(select(import_job.c.body).where(import_job.c.id == id_)).scalar_one()
        )

    def begin(self, id_: str, options: dict[str, Any]) -> None:
        """A new run, with these options."""
        statement = update(import_job).where(import_job.c.id == id_)
        self._connection.execute(
            statement.values(options=canon.dumps(options), run=import_job.c.run + 1, state=RUNNING)
        )

    def end(self, id_: str) -> None:
        """It has come to its end."""
        self._connection.execute(update(import_job).where(import_job.c.id == id_).values(state=DONE))
