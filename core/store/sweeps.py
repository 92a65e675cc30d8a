"""How far each sweep of a rule is: for the page, and to go on with one whose process died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from core.store.sql import insert_new
from core.tables import rule_sweep

RUNNING, DONE = "running", "done"
SILENT = timedelta(minutes=2)  # no beat for so long: whoever worked it off is gone


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One sweep. found: records that matched; taken: looked at so far; fired: of them acted on."""

    id: str
    rule: str
    version: int
    state: str
    found: int
    taken: int
    fired: int
    started_at: datetime
    beat_at: datetime
    ended_at: datetime | None = None


NAMES = tuple(SweepRow.__dataclass_fields__)
_QUERY = select(*(rule_sweep.c[name] for name in NAMES))


class SweepRows:
    """Rows of sweeps in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, row: SweepRow) -> None:
        """A sweep begins; of unfinished ones of the same rule only the newest stays running."""
        if not insert_new(self._connection, rule_sweep, {name: getattr(row, name) for name in NAMES}):
            return
        older = update(rule_sweep).where(
            rule_sweep.c.rule == row.rule, rule_sweep.c.state == RUNNING, rule_sweep.c.id != row.id
        )
        self._connection.execute(older.values(state="replaced", ended_at=row.started_at))

    def advance(self, id_: str, taken: int, fired: int, now: datetime, *, last: bool) -> None:
        """So many more were looked at and acted on."""
        values: dict[str, Any] = {
            "taken": rule_sweep.c.taken + taken,
            "fired": rule_sweep.c.fired + fired,
            "beat_at": now,
        }
        if last:
            values |= {"state": DONE, "ended_at": now}
        self._connection.execute(update(rule_sweep).where(rule_sweep.c.id == id_).values(**values))

    def silent(self, now: datetime) -> list[str]:
        """The rules whose sweep was left unfinished."""
        query = select(rule_sweep.c.rule).where(
            rule_sweep.c.state == RUNNING, rule_sweep.c.beat_at < now - SILENT
        )
        return list(dict.fromkeys(self._connection.execute(query).scalars()))

    def shown(self, limit: int = 20) -> list[SweepRow]:
        """Running ones, then the newest."""
        query = _QUERY.order_by(rule_sweep.c.state != RUNNING, rule_sweep.c.id.desc()).limit(limit)
        return [SweepRow(**row) for row in self._connection.execute(query).mappings()]
