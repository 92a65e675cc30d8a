"""What came in, and the answer it got: the same delivery gets the same answer (guarantee A2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from core.store.sql import insert_new
from core.tables import inbox

KEEP = timedelta(hours=96)  # no platform sends a push again after so long


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: where from, the key that is equal for each redelivery, a hash of what it asks.

    keep_invalid  False lets the same key be tried again after the values were refused
    """

    source: str
    key: str
    body_hash: str = ""
    keep_invalid: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """The first arrival's hash and answer."""

    body_hash: str
    answer: str


_ANSWER = update(inbox).where(
    inbox.c.source == bindparam("of_source"), inbox.c.dedup_key == bindparam("of_key")
)


class Inbox:
    """Rows of the inbox in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first(self, delivery: Delivery, now: datetime) -> Stored | None:
        """Claim the key; None when this is the first arrival, else what the first one was answered."""
        row = {
            "source": delivery.source,
            "dedup_key": delivery.key,
            "body_hash": delivery.body_hash,
            "received_at": now,
            "answer": "",
        }
        if insert_new(self._connection, inbox, row):
            return None
        found = self._connection.execute(
            select(inbox.c.body_hash, inbox.c.answer).where(*_is(delivery))
        ).one()
        return Stored(found.body_hash, found.answer)

    def answer(self, delivery: Delivery, answer: str) -> None:
        """Keep the answer for later arrivals."""
        given = {"of_source": delivery.source, "of_key": delivery.key, "answer": answer}
        self._connection.execute(_ANSWER, given)

    def forget(self, delivery: Delivery) -> None:
        """Let the same key be tried again: nothing was done, the values were only refused."""
        self._connection.execute(delete(inbox).where(*_is(delivery)))


def _is(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (inbox.c.source == delivery.source, inbox.c.dedup_key == delivery.key)
