"""Reminders that rules made, and the snoozes beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select, update

from core import canon
from core.store.sql import insert_many, insert_new, upsert
from core.tables import reminder, snooze


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder; open until a button is pressed. `facts`: the values that the rule saw (provenance)."""

    id: str
    rule: str
    rule_version: int
    form: str
    record_id: str
    person: str
    occurrence: str
    text: str
    facts: dict[str, Any]
    state: str
    version: int
    answer: str
    created_at: datetime
    answered_at: datetime | None
    answered_by: str | None


NAMES = tuple(Reminder.__dataclass_fields__)
_VALUES = attrgetter(*NAMES)
_FACTS = NAMES.index("facts")


class Reminders:
    """Reminder rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Reminder) -> bool:
        """Insert; False when this occurrence was reminded of before."""
        values = {name: getattr(row, name) for name in Reminder.__dataclass_fields__}
        return insert_new(self._connection, reminder, {**values, "facts": canon.dumps(row.facts)})

    def add_all(self, rows: Sequence[Reminder]) -> str:
        """Insert in bulk; the canonical text of what was written. Raises Taken when one was reminded of before."""
        written = [_tuple(one) for one in rows]
        insert_many(self._connection, reminder, NAMES, written)
        return canon.dumps(written)

    def load(self, id_: str) -> Reminder | None:
        """One reminder."""
        row = self._connection.execute(select(reminder).where(reminder.c.id == id_)).mappings().one_or_none()
        return _reminder(row) if row else None

    def of_record(self, record_id: str) -> list[Reminder]:
        """The reminders of a record, newest first."""
        query = select(reminder).where(reminder.c.record_id == record_id).order_by(reminder.c.id.desc())
        return [_reminder(row) for row in self._connection.execute(query).mappings()]

    def answer(self, id_: str, by: str, text: str, now: datetime) -> bool:
        """Close an open reminder; False when somebody was faster."""
        statement = (
            update(reminder)
            .where(reminder.c.id == id_, reminder.c.state == "open")
            .values(
                state="answered", answer=text, answered_by=by, answered_at=now, version=reminder.c.version + 1
            )
        )
        return self._connection.execute(statement).rowcount == 1

    def snooze(self, rule: str, record_id: str, until: datetime) -> None:
        """Let a rule rest for a record."""
        upsert(self._connection, snooze, {"rule": rule, "record_id": record_id, "until": until})


def _tuple(row: Reminder) -> list[Any]:
    values = list(_VALUES(row))
    values[_FACTS] = canon.dumps(row.facts)
    return values


def _reminder(row: Any) -> Reminder:
    return Reminder(**{**dict(row), "facts": canon.loads(row["facts"])})
