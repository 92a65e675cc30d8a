"""Rows beside flow instances: timers, 委托, interventions, the working calendar, callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from core import canon
from core.store.sql import insert_new, upsert
from core.tables import delegation, flow_callback, intervention, timer, work_shift, workday
from core.worktime import DAY_SHIFTS, WorkCalendar, read_shifts

DUE, FIRED = "due", "fired"


@dataclass(frozen=True, slots=True)
class TimerRow:
    """Something that is due; `body` is what FireTimer needs."""

    id: str
    kind: str
    due_at: datetime
    body: dict[str, Any]


class Timers:
    """Timer rows in one transaction: due → fired, once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(
        self, id_: str, instance_id: str, kind: str, subject: str, occurrence: str, due_at: datetime
    ) -> None:
        """A timer of a task or step; setting the same again is nothing."""
        body = {"instance_id": instance_id, "kind": kind, "subject": subject, "occurrence": occurrence}
        name = f"{instance_id}/{canon.sha256(subject)[:16]}"
        row = {
            "id": id_,
            "kind": f"flow.{kind}",
            "subject_id": name,
            "occurrence": occurrence,
            "due_at": due_at,
            "state": DUE,
            "body": canon.dumps(body),
        }
        insert_new(self._connection, timer, row)

    def due(self, now: datetime, limit: int = 200) -> list[TimerRow]:
        """Flow timers whose time has come, the longest overdue first."""
        query = (
            select(timer)
            .where(timer.c.state == DUE, timer.c.due_at <= now, timer.c.kind.startswith("flow."))
            .order_by(timer.c.due_at)
            .limit(limit)
        )
        return [
            TimerRow(row["id"], row["kind"], row["due_at"], canon.loads(row["body"]))
            for row in self._connection.execute(query).mappings()
        ]

    def claim(self, id_: str, now: datetime) -> bool:
        """Take a due timer for this transaction; False when somebody else did."""
        statement = update(timer).where(timer.c.id == id_, timer.c.state == DUE, timer.c.due_at <= now)
        return self._connection.execute(statement.values(state=FIRED, fired_at=now)).rowcount == 1


@dataclass(frozen=True, slots=True)
class Delegation:
    """委托: `person` has given their decisions to `to` for a time; no flows named = all."""

    id: str
    person: str
    to: str
    flows: tuple[str, ...]
    since: datetime
    until: datetime
    ended_at: datetime | None = None

    def covers(self, flow: str, now: datetime) -> bool:
        """True when it holds for this flow now."""
        return (
            self.ended_at is None
            and self.since <= now < self.until
            and (not self.flows or flow in self.flows)
        )


class Delegations:
    """Delegation rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Delegation, now: datetime) -> None:
        """A new one."""
        values = {
            "id": row.id,
            "person": row.person,
            "to_person": row.to,
            "flows": canon.dumps(row.flows),
            "since": row.since,
            "until": row.until,
            "created_at": now,
        }
        self._connection.execute(insert(delegation), values)

    def load(self, id_: str) -> Delegation | None:
        """One by id."""
        row = (
            self._connection.execute(select(delegation).where(delegation.c.id == id_))
            .mappings()
            .one_or_none()
        )
        return _delegation(row) if row else None

    def of(self, person: str = "", to: str = "") -> list[Delegation]:
        """What a person gave, or was given, newest first; all without a name."""
        query = select(delegation).order_by(delegation.c.id.desc())
        if person or to:
            query = query.where(or_(delegation.c.person == person, delegation.c.to_person == to))
        return [_delegation(row) for row in self._connection.execute(query).mappings()]

    def deputy(self, person: str, flow: str, now: datetime) -> str | None:
        """Who decides for a person in this flow now; the newest delegation that covers it."""
        query = select(delegation).where(delegation.c.person == person, delegation.c.until > now)
        rows = self._connection.execute(query.order_by(delegation.c.id.desc())).mappings()
        return next((one.to for row in rows if (one := _delegation(row)).covers(flow, now)), None)

    def end(self, id_: str, now: datetime) -> bool:
        """End one; False when it was over."""
        statement = update(delegation).where(delegation.c.id == id_, delegation.c.ended_at.is_(None))
        return self._connection.execute(statement.values(ended_at=now)).rowcount == 1


def _delegation(row: Any) -> Delegation:
    flows = tuple(canon.loads(row["flows"]))
    return Delegation(
        row["id"], row["person"], row["to_person"], flows, row["since"], row["until"], row["ended_at"]
    )


@dataclass(frozen=True, slots=True)
class Intervention:
    """An administrator's wish to step in; `state` asked, done or refused."""

    id: str
    instance_id: str
    action: str
    args: dict[str, str]
    reason: str
    asked_by: str
    asked_at: datetime
    state: str
    answered_by: str | None = None
    answered_at: datetime | None = None


class Interventions:
    """Intervention rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: Intervention) -> None:
        """A new one."""
        values = {name: getattr(row, name) for name in Intervention.__dataclass_fields__}
        self._connection.execute(insert(intervention), {**values, "args": canon.dumps(row.args)})

    def load(self, id_: str) -> Intervention | None:
        """One by id."""
        row = (
            self._connection.execute(select(intervention).where(intervention.c.id == id_))
            .mappings()
            .one_or_none()
        )
        return _intervention(row) if row else None

    def list(self, state: str = "", limit: int = 100) -> list[Intervention]:
        """Newest first."""
        query = select(intervention).order_by(intervention.c.id.desc()).limit(limit)
        if state:
            query = query.where(intervention.c.state == state)
        return [_intervention(row) for row in self._connection.execute(query).mappings()]

    def answer(self, id_: str, by: str, state: str, now: datetime) -> bool:
        """The second person's word; False when it was given already."""
        statement = update(intervention).where(intervention.c.id == id_, intervention.c.state == "asked")
        values = {"state": state, "answered_by": by, "answered_at": now}
        return self._connection.execute(statement.values(**values)).rowcount == 1


def _intervention(row: Any) -> Intervention:
    return Intervention(**{**dict(row), "args": canon.loads(row["args"])})


class Calendars:
    """The working calendar's rows."""

    def __init__(self, connection: Connection, zone: tzinfo) -> None:
        self._connection = connection
        self._zone = zone

    def load(self) -> WorkCalendar:
        """The calendar with its overrides."""
        days = {row.day: row.worked for row in self._connection.execute(select(workday))}
        text = self._connection.execute(select(work_shift.c.shifts)).scalar()
        return WorkCalendar(self._zone, days, read_shifts(text) if text else DAY_SHIFTS)

    def set_days(self, days: Mapping[date, bool | None]) -> None:
        """Override days; None takes an override away."""
        for day, worked in days.items():
            if worked is None:
                self._connection.execute(delete(workday).where(workday.c.day == day))
            else:
                upsert(self._connection, workday, {"day": day, "worked": worked, "note": ""})

    def set_shifts(self, text: str) -> None:
        """The hours of a day, as `09:00-12:00,13:00-18:00`."""
        upsert(self._connection, work_shift, {"id": 1, "shifts": text})


class Callbacks:
    """One-time tokens with which a called system answers a webhook step."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token_hash: str, instance_id: str, step: str, round_: int, now: datetime) -> None:
        """A token for a step's visit."""
        values = {"token_hash": token_hash, "instance_id": instance_id, "step": step, "round": round_}
        self._connection.execute(insert(flow_callback), {**values, "created_at": now})

    def use(self, token_hash: str, now: datetime) -> tuple[str, str, int] | None:
        """(instance, step, round) of a token that was not used yet, and use it."""
        unused = flow_callback.c.token_hash == token_hash, flow_callback.c.used_at.is_(None)
        row = self._connection.execute(select(flow_callback).where(*unused)).one_or_none()
        if row is None:
            return None
        self._connection.execute(update(flow_callback).where(*unused).values(used_at=now))
        return row.instance_id, row.step, row.round
