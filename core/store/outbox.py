"""What must leave the house: rows written with the change they tell of, leased, sent, settled.

A card row carries no body: what is sent is drawn from the present state. `stream_key` keeps order: only the
oldest unsent row of a stream may go, one at a time. States: waiting → leased → sent | parked.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Update, bindparam, case, func, insert, or_, select, update

from core import canon
from core.store.sql import insert_new
from core.tables import card, outbox

LEASE = timedelta(seconds=30)

# Order of classes (smaller goes first): press results, cards for new tasks, messages, reminders.
URGENT, CARD, MESSAGE, REMINDER = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card: a subject shown to a person on a platform, and what is needed to update it.

    external_id  under which the platform knows it; None until first sent. generation: 0 for the first one,
    else the wanted version with which a new one replaced one that could no longer be updated.
    """

    id: str
    subject_kind: str
    subject_id: str
    person: str
    platform: str
    handle: str
    external_id: str | None
    generation: int
    wanted_version: int
    shown_version: int
    update_code: str
    code_expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SentCard:
    """What the platform took. updated: an existing card was changed, not a new one sent."""

    external_id: str
    generation: int
    code: str
    code_expires_at: datetime | None
    updated: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to send; `body` is empty for cards."""

    id: str
    stream_key: str
    kind: str
    priority: int
    platform: str
    person: str
    card_id: str | None
    body: dict[str, Any]
    state: str
    attempts: int
    next_at: datetime
    last_error: str
    created_at: datetime


_CARD_COLUMNS = tuple(CardRow.__dataclass_fields__)

# Built once: every press runs these several times, and building a statement costs more than running it.
_OF_SUBJECT = select(card).where(
    card.c.subject_kind == bindparam("kind"), card.c.subject_id == bindparam("id")
)
_OF_PERSON = _OF_SUBJECT.where(card.c.person == bindparam("person"))
_BUMP = (
    update(card)
    .where(card.c.id == bindparam("card_id"))
    .values(wanted_version=card.c.wanted_version + 1)
    .returning(card.c.wanted_version)
)


def _join(earlier: Any) -> Update:
    """A row that waits for the same card leaves at the earlier of two times."""
    wanted = bindparam("at", type_=outbox.c.next_at.type)
    return (
        update(outbox)
        .where(outbox.c.stream_key == bindparam("stream"), outbox.c.state == "waiting")
        .values(next_at=earlier(outbox.c.next_at, wanted))
    )


_JOIN = {"sqlite": _join(func.min), "postgresql": _join(func.least)}


class Cards:
    """Card rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def want(self, id_: str, subject: tuple[str, str], person: str, platform: str, now: datetime) -> CardRow:
        """The card of a subject for a person, made if it is new, its wanted version one higher."""
        row = CardRow(
            id=id_,
            subject_kind=subject[0],
            subject_id=subject[1],
            person=person,
            platform=platform,
            handle=secrets.token_urlsafe(24),
            external_id=None,
            generation=0,
            wanted_version=1,
            shown_version=0,
            update_code="",
            code_expires_at=None,
            created_at=now,
        )
        if insert_new(self._connection, card, {name: getattr(row, name) for name in _CARD_COLUMNS}):
            return row
        return self.bump(next(one for one in self.of_subject(subject, person) if one.platform == platform))

    def bump(self, row: CardRow) -> CardRow:
        """The same card, its wanted version one higher."""
        wanted = self._connection.execute(_BUMP, {"card_id": row.id}).scalar_one()
        return replace(row, wanted_version=wanted)

    def of_subject(self, subject: tuple[str, str], person: str = "") -> list[CardRow]:
        """All cards that show a subject."""
        query = _OF_PERSON if person else _OF_SUBJECT
        given = {"kind": subject[0], "id": subject[1], **({"person": person} if person else {})}
        return [CardRow(**row) for row in self._connection.execute(query, given).mappings()]

    def by_id(self, id_: str) -> CardRow | None:
        """One card."""
        return self._one(card.c.id == id_)

    def by_ids(self, ids: Sequence[str]) -> dict[str, CardRow]:
        """Some cards, by id."""
        query = select(card).where(card.c.id.in_(ids))
        return {row["id"]: CardRow(**row) for row in self._connection.execute(query).mappings()}

    def by_handle(self, handle: str) -> CardRow | None:
        """The card behind an H5 link."""
        return self._one(card.c.handle == handle)

    def by_external(self, platform: str, external_id: str) -> CardRow | None:
        """The card that was pressed. Older generations keep their first 26 letters: the card's id."""
        found = self._one((card.c.platform == platform) & (card.c.external_id == external_id))
        return found or self._one((card.c.platform == platform) & (card.c.id == external_id[:26]))

    def sent(self, id_: str, what: SentCard, version: int) -> None:
        """Remember what the platform shows now.

        A press answered meanwhile showed a later version. On a card that was just sent that answer came
        last, as nobody presses what is not there; beside an update nobody knows which came last, so the
        earlier version is noted and the row of the press sends the later one once more.
        """
        later = case((card.c.shown_version > version, card.c.shown_version), else_=version)
        self._connection.execute(
            update(card)
            .where(card.c.id == id_)
            .values(
                external_id=what.external_id,
                generation=what.generation,
                shown_version=version if what.updated else later,
                update_code=what.code,
                code_expires_at=what.code_expires_at,
            )
        )

    def renew(self, row: CardRow) -> None:
        """Let the next delivery send a new card instead of updating the old one; the old one stays harmless."""
        self._connection.execute(
            update(card)
            .where(card.c.id == row.id)
            .values(external_id=None, generation=card.c.wanted_version, update_code="", shown_version=0)
        )

    def shown(self, id_: str, version: int, code: str = "", until: datetime | None = None) -> None:
        """The platform took an answer that shows this version."""
        values: dict[str, Any] = {"shown_version": version}
        if code:
            values |= {"update_code": code, "code_expires_at": until}
        self._connection.execute(
            update(card).where(card.c.id == id_, card.c.shown_version < version).values(**values)
        )

    def stale(self, limit: int = 500) -> list[CardRow]:
        """Cards that show less than they should and have no row in the outbox (the reconciler's question)."""
        waiting = (
            select(outbox.c.id)
            .where(outbox.c.card_id == card.c.id, outbox.c.state.in_(("waiting", "leased", "parked")))
            .exists()
        )
        query = select(card).where(card.c.shown_version < card.c.wanted_version, ~waiting).limit(limit)
        return [CardRow(**row) for row in self._connection.execute(query).mappings()]

    def _one(self, where: Any) -> CardRow | None:
        row = self._connection.execute(select(card).where(where)).mappings().first()
        return CardRow(**row) if row else None


class Outbox:
    """Outbox rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_card(self, id_: str, row: CardRow, priority: int, at: datetime, now: datetime) -> None:
        """Ask for a card to be drawn and sent at `at`; joins a row that already waits for the same card.

        The UPDATE takes the waiting row's lock: a claimer that is faster leaves nothing to join and a new
        row is written, so no state change is ever left unsent.
        """
        given = {"stream": row.id, "at": at}
        if self._connection.execute(_JOIN[self._connection.dialect.name], given).rowcount:
            return
        self._insert(
            id=id_,
            stream_key=row.id,
            kind="card",
            priority=priority,
            platform=row.platform,
            person=row.person,
            card_id=row.id,
            body={},
            dedup_key=f"{row.id}:{row.wanted_version}",
            next_at=at,
            created_at=now,
        )

    def put_message(
        self,
        id_: str,
        kind: str,
        person: str,
        platform: str,
        body: dict[str, Any],
        now: datetime,
        *,
        at: datetime | None = None,
        stream: str = "",
    ) -> None:
        """Queue a message; one stream for each person and platform where no other is named. at: not before."""
        self._insert(
            id=id_,
            stream_key=(stream or f"{platform}:{person}")[:120],
            kind=kind,
            priority=MESSAGE,
            platform=platform,
            person=person,
            card_id=None,
            body=body,
            dedup_key=id_,
            next_at=at or now,
            created_at=now,
        )

    def claim(self, owner: str, now: datetime, limit: int) -> list[OutboxRow]:
        """Lease due rows, the oldest of each stream alone; rows whose lease ran out come back first."""
        self._connection.execute(
            update(outbox)
            .where(outbox.c.state == "leased", outbox.c.lease_until < now)
            .values(state="waiting", lease_owner=None)
        )
        earlier = outbox.alias()
        blocked = (
            select(earlier.c.id)
            .where(
                earlier.c.stream_key == outbox.c.stream_key,
                earlier.c.state.in_(("waiting", "leased")),
                earlier.c.id < outbox.c.id,
            )
            .exists()
        )
        query = (
            select(outbox)
            .where(outbox.c.state == "waiting", outbox.c.next_at <= now, ~blocked)
            .order_by(outbox.c.priority, outbox.c.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(query).mappings().all()
        if rows:
            self._connection.execute(
                update(outbox)
                .where(outbox.c.id.in_([row["id"] for row in rows]))
                .values(
                    state="leased", lease_owner=owner, lease_until=now + LEASE, attempts=outbox.c.attempts + 1
                )
            )
        return [_row(row) for row in rows]

    def settle(self, id_: str, owner: str, state: str, now: datetime, error: str = "") -> bool:
        """End a lease: sent or parked. False when the lease was lost meanwhile."""
        return self._end(id_, owner, state=state, settled_at=now, last_error=error)

    def again(self, id_: str, owner: str, at: datetime, error: str) -> bool:
        """End a lease: try again at `at`."""
        return self._end(id_, owner, state="waiting", next_at=at, last_error=error)

    def release_dead(self, owner: str) -> int:
        """Give back leases of processes that died, where that is sure; the number of rows.

        SQLite lets one process in, so whoever else holds a lease is dead. On PostgreSQL leases run out.
        """
        if not self._sqlite:
            return 0
        statement = update(outbox).where(outbox.c.state == "leased", outbox.c.lease_owner != owner)
        return self._connection.execute(statement.values(state="waiting", lease_owner=None)).rowcount

    def retry(self, id_: str, now: datetime) -> int:
        """An administrator lets a parked row try again, as if for the first time; id_ "": all of them."""
        statement = update(outbox).where(outbox.c.state == "parked")
        if id_:
            statement = statement.where(outbox.c.id == id_)
        return self._connection.execute(statement.values(state="waiting", next_at=now, attempts=0)).rowcount

    def load(self, id_: str) -> OutboxRow | None:
        """One row."""
        row = self._connection.execute(select(outbox).where(outbox.c.id == id_)).mappings().first()
        return _row(row) if row else None

    def counts(self) -> dict[str, int]:
        """How many rows there are in each state."""
        rows = self._connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
        return {row[0]: row[1] for row in rows}

    def oldest_due(self, now: datetime) -> datetime | None:
        """When the longest-waiting due row became due."""
        query = select(func.min(outbox.c.next_at)).where(outbox.c.state == "waiting", outbox.c.next_at <= now)
        return self._connection.execute(query).scalar()

    def list(self, state: str = "", limit: int = 200) -> list[OutboxRow]:
        """Newest first."""
        query = select(outbox).order_by(outbox.c.id.desc()).limit(limit)
        if state:
            states = ("waiting", "leased") if state == "waiting" else (state,)
            query = query.where(outbox.c.state.in_(states))
        return [_row(row) for row in self._connection.execute(query).mappings()]

    def pending_for(self, card_id: str) -> bool:
        """True while something waits for this card."""
        query = select(outbox.c.id).where(
            outbox.c.card_id == card_id, or_(outbox.c.state == "waiting", outbox.c.state == "leased")
        )
        return self._connection.execute(query).first() is not None

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _insert(self, *, body: dict[str, Any], **values: Any) -> None:
        self._connection.execute(insert(outbox), {**values, "body": canon.dumps(body), "state": "waiting"})

    def _end(self, id_: str, owner: str, **values: Any) -> bool:
        statement = update(outbox).where(
            outbox.c.id == id_, outbox.c.state == "leased", outbox.c.lease_owner == owner
        )
        return (
            self._connection.execute(statement.values(**values, lease_owner=None, lease_until=None)).rowcount
            == 1
        )


def _row(row: Any) -> OutboxRow:
    names = [name for name in OutboxRow.__dataclass_fields__ if name != "body"]
    return OutboxRow(**{name: row[name] for name in names}, body=canon.loads(row["body"]))
