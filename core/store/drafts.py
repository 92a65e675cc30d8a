"""Drafts of records, and the files that records hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core import canon
from core.tables import draft, stored_file


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has typed so far: values by field key as plain JSON; `revision` grows with each save.

    record_id and instance_id are set once it was submitted (or returned: then it is open again).
    on_behalf  for whom it is filled in (代发起); "" for the person themselves
    """

    id: str
    form: str
    form_version: int
    person: str
    values: dict[str, Any]
    problems: list[dict[str, str]]
    revision: int
    record_id: str | None
    instance_id: str | None
    created_at: datetime
    saved_at: datetime
    on_behalf: str = ""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A stored file without its bytes."""

    id: str
    name: str
    type: str
    size: int
    person: str
    form: str | None
    record_id: str | None


_OF_RECORD = select(draft).where(draft.c.record_id == bindparam("record"))


class Drafts:
    """Draft rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Draft) -> None:
        """Insert a new draft."""
        self._connection.execute(insert(draft), _columns(row))

    def load(self, id_: str) -> Draft | None:
        """One draft."""
        row = self._connection.execute(select(draft).where(draft.c.id == id_)).mappings().one_or_none()
        return _draft(row) if row else None

    def of_record(self, record_id: str) -> Draft | None:
        """The draft that became this record."""
        row = self._connection.execute(_OF_RECORD, {"record": record_id}).mappings().one_or_none()
        return _draft(row) if row else None

    def save(self, row: Draft, revision: int) -> bool:
        """Write over `revision`; False when somebody else saved in between."""
        statement = update(draft).where(draft.c.id == row.id, draft.c.revision == revision)
        return self._connection.execute(statement.values(**_columns(row))).rowcount == 1


class Files:
    """Stored files in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, **values: Any) -> None:
        """Insert a file with its bytes."""
        self._connection.execute(insert(stored_file), values)

    def info(self, ids: list[str]) -> dict[str, FileInfo]:
        """What is known of these files, by id."""
        names = list(FileInfo.__dataclass_fields__)
        query = select(*(stored_file.c[name] for name in names)).where(stored_file.c.id.in_(ids))
        return {row["id"]: FileInfo(**row) for row in self._connection.execute(query).mappings()}

    def body(self, id_: str) -> bytes | None:
        """The bytes of one file."""
        return self._connection.execute(
            select(stored_file.c.body).where(stored_file.c.id == id_)
        ).scalar_one_or_none()

    def rename(self, names: Mapping[str, str]) -> None:
        """Call files by other names, by id."""
        if names:
            statement = update(stored_file).where(stored_file.c.id == bindparam("file"))
            rows = [{"file": id_, "called": name} for id_, name in names.items()]
            self._connection.execute(statement.values(name=bindparam("called")), rows)

    def attach(self, ids: list[str], form: str, record_id: str) -> None:
        """Say which record holds these files; permission follows the record from then on."""
        if ids:
            statement = update(stored_file).where(stored_file.c.id.in_(ids))
            self._connection.execute(statement.values(form=form, record_id=record_id))


def _columns(row: Draft) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Draft.__dataclass_fields__ if name != "values"}
    return {**values, "problems": canon.dumps(row.problems), "body": canon.dumps(row.values)}


def _draft(row: Any) -> Draft:
    values = dict(row)
    return Draft(
        **{k: v for k, v in values.items() if k not in ("body", "problems")},
        values=canon.loads(values["body"]),
        problems=canon.loads(values["problems"]),
    )
