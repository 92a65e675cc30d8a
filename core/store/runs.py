"""What rules did: runs, provenance of records, threshold states, clocks, gathered notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from core import canon
from core.store.sql import insert_many, insert_new, upsert
from core.tables import provenance, rule_clock, rule_notice, rule_retry, rule_run, rule_state

# Outcomes. PROBING: being done in this transaction.
FIRED, NOT_MATCHED, ERROR, THROTTLED, CAPPED, REFUSED, RETRIED = (
    "fired",
    "not_matched",
    "error",
    "throttled",
    "capped",
    "refused",
    "retried",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a rule over one record (record_id "" for rules over none).

    event    what set it off: unique for (rule, version, record); rung: of the ladder, 0 the rule itself
    clauses  [{text, truth, value}]   actions  sentences of what was done   cause  run whose change set it off
    """

    id: str
    rule: str
    version: int
    form: str
    record_id: str
    event: str
    outcome: str
    at: datetime
    actor: str
    rung: int = 0
    depth: int = 0
    cause: str = ""
    clauses: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    error: str = ""
    micros: int = 0


JSON = ("clauses", "facts", "actions")
NAMES = tuple(Run.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Origin:
    """That a rule made or changed a record, and what it saw."""

    id: str
    form: str
    record_id: str
    what: str
    rule: str
    version: int
    run_id: str
    event: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that waits for its hour."""

    id: str
    person: str
    rule: str
    text: str
    due_at: datetime


class Runs:
    """Rows of the rule engine in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, run: Run) -> bool:
        """Insert a run; False when this (rule, version, record, event) was done before."""
        return insert_new(self._connection, rule_run, _stored(run))

    def add(self, runs: Sequence[Run]) -> None:
        """Insert runs whose events are unique by themselves."""
        if runs:
            self._connection.execute(insert(rule_run), [_stored(one) for one in runs])

    def claim_all(self, runs: Sequence[Run]) -> str:
        """Insert finished runs in bulk; the canonical text of their rows. Raises Taken when one was done before."""
        rows = _tuples(runs)
        insert_many(self._connection, rule_run, NAMES, rows)
        return canon.dumps(rows)

    def fired_events(self, rule: str, records: Sequence[str]) -> set[tuple[str, str]]:
        """(record, event) of what any version of a rule did for some records."""
        query = select(rule_run.c.record_id, rule_run.c.event).where(
            rule_run.c.rule == rule, rule_run.c.record_id.in_(list(records)), rule_run.c.outcome == FIRED
        )
        return {(row.record_id, row.event) for row in self._connection.execute(query)}

    def finish(self, run: Run) -> None:
        """Write over a claimed run."""
        values = {name: value for name, value in _stored(run).items() if name != "id"}
        self._connection.execute(update(rule_run).where(rule_run.c.id == run.id).values(**values))

    def load(self, id_: str) -> Run | None:
        """One run."""
        row = self._connection.execute(select(rule_run).where(rule_run.c.id == id_)).mappings().one_or_none()
        return _run(row) if row else None

    def page(
        self, rule: str = "", record_id: str = "", outcome: str = "", after: str = "", limit: int = 50
    ) -> list[Run]:
        """Newest first, below the id `after`."""
        query = select(rule_run).order_by(rule_run.c.id.desc()).limit(limit)
        for column, value in (
            (rule_run.c.rule, rule),
            (rule_run.c.record_id, record_id),
            (rule_run.c.outcome, outcome),
        ):
            if value:
                query = query.where(column == value)
        if after:
            query = query.where(rule_run.c.id < after)
        return [_run(row) for row in self._connection.execute(query).mappings()]

    def last_fired(self, rule: str, record_id: str = "") -> datetime | None:
        """When a rule last fired, for one record or for any."""
        query = select(func.max(rule_run.c.at)).where(rule_run.c.rule == rule, rule_run.c.outcome == FIRED)
        if record_id:
            query = query.where(rule_run.c.record_id == record_id)
        return self._connection.execute(query).scalar()

    def counts(self, since: datetime) -> dict[str, dict[str, int]]:
        """How often each rule ended in each outcome."""
        query = (
            select(rule_run.c.rule, rule_run.c.outcome, func.count())
            .where(rule_run.c.at >= since)
            .group_by(rule_run.c.rule, rule_run.c.outcome)
        )
        found: dict[str, dict[str, int]] = {}
        for rule, outcome, number in self._connection.execute(query):
            found.setdefault(rule, {})[outcome] = number
        return found

    def retry_later(self, run_id: str, tries: int, at: datetime) -> None:
        """A failed run tries again by itself at `at`; tries: how often it did so before."""
        self._connection.execute(insert(rule_retry).values(run_id=run_id, tries=tries, next_at=at))

    def retries(self, run_ids: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        """(tries before, when next) of those runs that will try again."""
        query = select(rule_retry).where(rule_retry.c.run_id.in_(run_ids))
        return {row.run_id: (row.tries, row.next_at) for row in self._connection.execute(query)}

    def due_retries(self, now: datetime, limit: int = 100) -> list[tuple[str, int]]:
        """(run, tries) of failed runs whose time has come; they are not given again."""
        query = (
            select(rule_retry.c.run_id, rule_retry.c.tries)
            .where(rule_retry.c.next_at <= now)
            .order_by(rule_retry.c.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [(row.run_id, row.tries) for row in self._connection.execute(query)]
        for run_id, _ in found:
            self.forget_retry(run_id)
        return found

    def forget_retry(self, run_id: str) -> None:
        """It does not try again by itself."""
        self._connection.execute(delete(rule_retry).where(rule_retry.c.run_id == run_id))

    def made(self, origin: Origin) -> None:
        """Mark a record with where it came from."""
        row = {name: getattr(origin, name) for name in Origin.__dataclass_fields__}
        self._connection.execute(insert(provenance), {**row, "facts": canon.dumps(origin.facts)})

    def origins(self, record_id: str) -> list[Origin]:
        """Which rules made or changed a record, oldest first."""
        query = select(provenance).where(provenance.c.record_id == record_id).order_by(provenance.c.id)
        return [
            Origin(**{**dict(row), "facts": canon.loads(row["facts"])})
            for row in self._connection.execute(query).mappings()
        ]

    def states(self, record_id: str) -> dict[str, tuple[bool, int]]:
        """Which thresholds are crossed for a record, and how often they were, by rule."""
        rows = self._connection.execute(_STATES, {"wanted": record_id})
        return {row.rule: (row.fired, row.crossings) for row in rows}

    def set_state(self, rule: str, record_id: str, fired: bool, crossings: int, now: datetime) -> None:
        """Remember on which side of its line a figure is."""
        row = {"rule": rule, "record_id": record_id, "fired": fired, "crossings": crossings, "since": now}
        upsert(self._connection, rule_state, row)

    def clock(self, rule: str) -> datetime | None:
        """Up to when a rule's schedule was worked off."""
        query = select(rule_clock.c.last_at).where(rule_clock.c.rule == rule)
        return self._connection.execute(query).scalar()

    def set_clock(self, rule: str, at: datetime) -> None:
        """It was worked off up to here."""
        upsert(self._connection, rule_clock, {"rule": rule, "last_at": at})

    def gather(self, notice: Notice) -> None:
        """Keep a message until its hour."""
        row = {name: getattr(notice, name) for name in Notice.__dataclass_fields__}
        self._connection.execute(insert(rule_notice), {**row, "sent": False})

    def gather_all(self, notices: Sequence[Notice]) -> None:
        """Keep messages until their hour, in bulk."""
        rows = [(one.id, one.person, one.rule, one.text, one.due_at, False) for one in notices]
        insert_many(self._connection, rule_notice, ("id", "person", "rule", "text", "due_at", "sent"), rows)

    def take_due(self, now: datetime, limit: int = 2000) -> list[Notice]:
        """The gathered messages whose hour has come; they are not given again."""
        query = (
            select(rule_notice)
            .where(rule_notice.c.sent.is_(False), rule_notice.c.due_at <= now)
            .order_by(rule_notice.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(query).mappings().all()
        if rows:
            ids = [row["id"] for row in rows]
            self._connection.execute(update(rule_notice).where(rule_notice.c.id.in_(ids)).values(sent=True))
        return [Notice(**{name: row[name] for name in Notice.__dataclass_fields__}) for row in rows]


_STATES = select(rule_state.c.rule, rule_state.c.fired, rule_state.c.crossings).where(
    rule_state.c.record_id == bindparam("wanted")
)


def _stored(run: Run) -> dict[str, Any]:
    row = {name: getattr(run, name) for name in NAMES}
    return {**row, **{name: canon.dumps(row[name]) for name in JSON}}


_VALUES = attrgetter(*NAMES)
_PLACES = tuple(NAMES.index(name) for name in JSON)


def _tuples(runs: Sequence[Run]) -> list[list[Any]]:
    """Rows of runs. What several of them share (the same clauses over the same values) becomes JSON once."""
    texts: dict[int, str] = {}
    rows = []
    for run in runs:
        values = list(_VALUES(run))
        for place in _PLACES:
            value = values[place]
            text = texts.get(id(value))
            if text is None:
                text = texts[id(value)] = canon.dumps(value)
            values[place] = text
        rows.append(values)
    return rows


def _run(row: Any) -> Run:
    return Run(**{name: canon.loads(row[name]) if name in JSON else row[name] for name in NAMES})
