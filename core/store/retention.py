"""What running leaves behind and nobody needs for ever: dropped by age, some thousand rows a transaction.

Never the audit trail, provenance, reminders, parked messages or anything of a record. Of a rule's runs the newest
one for each record and step stays whatever its age: it is the key by which nothing is done twice, and the answer
to "why".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select

from core.store.inbox import KEEP
from core.store.runs import ERROR, FIRED
from core.store.sweeps import RUNNING
from core.tables import inbox, outbox, rule_notice, rule_run, rule_sweep

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Keep:
    """How long: runs of rules, runs that failed, messages that were sent."""

    runs: timedelta = timedelta(days=180)
    failures: timedelta = timedelta(days=730)
    sent: timedelta = timedelta(days=90)


class Retention:
    """Dropping in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def step(self, now: datetime, keep: Keep, batch: int = BATCH) -> dict[str, int]:
        """Drop at most `batch` rows of each table; how many. Full batches: there is more."""
        return {
            table.name: self._drop(table, where, batch)
            for table, where in (
                (rule_run, _runs(now, keep)),
                (outbox, and_(outbox.c.state == "sent", outbox.c.settled_at < now - keep.sent)),
                (inbox, inbox.c.received_at < now - KEEP),
                (rule_notice, and_(rule_notice.c.sent.is_(True), rule_notice.c.due_at < now - keep.sent)),
                (rule_sweep, and_(rule_sweep.c.state != RUNNING, rule_sweep.c.beat_at < now - keep.runs)),
            )
        }

    def _drop(self, table: Table, where: ColumnElement[bool], batch: int) -> int:
        keys = list(table.primary_key.columns)
        found = self._connection.execute(select(*keys).where(where).limit(batch)).all()
        if not found:
            return 0
        if len(keys) == 1:
            one = delete(table).where(keys[0].in_([row[0] for row in found]))
            return self._connection.execute(one).rowcount
        wanted = or_(*(and_(*(one == value for one, value in zip(keys, row, strict=True))) for row in found))
        return self._connection.execute(delete(table).where(wanted)).rowcount


def _runs(now: datetime, keep: Keep) -> ColumnElement[bool]:
    newer = rule_run.alias()
    older = (
        select(newer.c.id)
        .where(
            newer.c.rule == rule_run.c.rule,
            newer.c.record_id == rule_run.c.record_id,
            newer.c.rung == rule_run.c.rung,
            newer.c.outcome == FIRED,
            newer.c.at > rule_run.c.at,
        )
        .exists()
    )
    waiting = rule_run.c.event.startswith("task:", autoescape=True)  # a task is a key of its own
    return or_(
        and_(rule_run.c.outcome == ERROR, rule_run.c.at < now - keep.failures),
        and_(rule_run.c.outcome.not_in((FIRED, ERROR)), rule_run.c.at < now - keep.runs),
        and_(rule_run.c.outcome == FIRED, ~waiting, rule_run.c.at < now - keep.runs, older),
        and_(rule_run.c.outcome == FIRED, waiting, rule_run.c.at < now - keep.failures),
    )
