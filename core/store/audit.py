"""The audit trail: append-only, hash-chained, written in the transaction that it proves (guarantee A10).

hash = SHA-256 over length-prefixed fields of the row and the previous row's hash. The head row is locked
while a transaction appends, so the chain has one order on both databases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from core.tables import audit, audit_head

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event as stored; `body` is canonical JSON."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    body: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to append."""

    actor: str
    action: str
    object: str
    body: str


def link_hash(seq: int, at: datetime, entry: Entry, prev_hash: str) -> str:
    """The hash of one row. Fields are length-prefixed so that no two rows share a text."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = hashlib.sha256()
    for part in (str(seq), stamp, entry.actor, entry.action, entry.object, entry.body, prev_hash):
        raw = part.encode()
        digest.update(len(raw).to_bytes(8) + raw)
    return digest.hexdigest()


# Built once: every command appends, and building a statement costs more than running it.
_LOCK_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1).with_for_update()
_ADD_ROWS = insert(audit)
_MOVE_HEAD = update(audit_head).where(audit_head.c.id == 1)


class AuditTrail:
    """Append to and read from the chain in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entries: list[Entry], at: datetime) -> None:
        """Add rows at the end of the chain, in order."""
        if not entries:
            return
        head = self._connection.execute(_LOCK_HEAD).one()
        seq, prev = head.seq, head.hash
        rows = []
        for entry in entries:
            seq += 1
            digest = link_hash(seq, at, entry, prev)
            rows.append(
                {
                    "seq": seq,
                    "at": at,
                    "actor": entry.actor,
                    "action": entry.action,
                    "object": entry.object,
                    "body": entry.body,
                    "prev_hash": prev,
                    "hash": digest,
                }
            )
            prev = digest
        self._connection.execute(_ADD_ROWS, rows)
        self._connection.execute(_MOVE_HEAD, {"seq": seq, "hash": prev})

    def of(self, object_: str, limit: int = 500) -> list[AuditRow]:
        """The events of one object, oldest first."""
        query = select(audit).where(audit.c.object == object_).order_by(audit.c.seq).limit(limit)
        return [AuditRow(**row) for row in self._connection.execute(query).mappings()]

    def before(self, seq: int | None, limit: int, object_: str = "") -> list[AuditRow]:
        """The newest events below `seq`, newest first."""
        query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if seq is not None:
            query = query.where(audit.c.seq < seq)
        if object_:
            query = query.where(audit.c.object == object_)
        return [AuditRow(**row) for row in self._connection.execute(query).mappings()]

    def at(self, seq: int) -> AuditRow | None:
        """One row."""
        row = self._connection.execute(select(audit).where(audit.c.seq == seq)).mappings().one_or_none()
        return AuditRow(**row) if row else None

    def walk(self, batch: int = 5000) -> Iterator[AuditRow]:
        """All rows in order, read in batches."""
        seq = 0
        while True:
            query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(batch)
            rows = self._connection.execute(query).mappings().all()
            for row in rows:
                yield AuditRow(**row)
            if len(rows) < batch:
                return
            seq = rows[-1]["seq"]

    def head(self) -> tuple[int, str]:
        """Number and hash of the last row, as the head keeps them."""
        row = self._connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one()
        return row.seq, row.hash

    def count(self) -> int:
        """How many rows there are."""
        return self._connection.execute(select(func.count()).select_from(audit)).scalar_one()


def first_break(trail: AuditTrail) -> str | None:
    """Where the chain does not hold, as a Chinese sentence; None when every link is right."""
    expected, prev = 1, GENESIS
    for row in trail.walk():
        if row.seq != expected:
            return f"第 {expected} 条审计记录缺失（下一条是第 {row.seq} 条）。"
        entry = Entry(row.actor, row.action, row.object, row.body)
        if row.prev_hash != prev or row.hash != link_hash(row.seq, row.at, entry, prev):
            return f"第 {row.seq} 条审计记录被改动过（{row.object} {row.action}）。"
        expected, prev = row.seq + 1, row.hash
    seq, digest = trail.head()
    if (seq, digest) != (expected - 1, prev):
        return f"审计记录应到第 {seq} 条，实际只到第 {expected - 1} 条：末尾被截断。"
    return None
