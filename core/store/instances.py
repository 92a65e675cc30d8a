"""Flow instances, their tasks and the transitions of each task: written only where the version still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, or_, select, update

from core import canon
from core.flows.instance import (
    OPEN_STATES,
    Comment,
    Detour,
    Instance,
    InstanceState,
    Task,
    TaskKind,
    TaskState,
    Verdict,
)
from core.store.sql import insert_new
from core.tables import flow_child, instance, task, transition


class StaleWrite(Exception):
    """Somebody else changed the row first: load again and ask the engine again."""


# Built once: these run with every press, and building a statement costs more than running it.
_ONE = select(instance).where(instance.c.id == bindparam("wanted"))
_TASKS = select(task).where(task.c.instance_id == bindparam("wanted")).order_by(task.c.opened_at, task.c.id)
_TASK = select(task).where(task.c.id == bindparam("wanted"))
_ADD, _ADD_TASK = insert(instance), insert(task)
_SAVE = update(instance).where(instance.c.id == bindparam("of"), instance.c.version == bindparam("over"))
_SAVE_TASK = update(task).where(task.c.id == bindparam("of"), task.c.version == bindparam("over"))
_PARENT = select(flow_child).where(flow_child.c.child_id == bindparam("wanted"))


class Instances:
    """Instance and task rows in one transaction. What it has read and not written is not read twice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[str, Instance] = {}

    def forget(self) -> None:
        """What was read is not believed any more: a savepoint was rolled back."""
        self._read.clear()

    def add(self, row: Instance, now: datetime) -> None:
        """Insert a new instance with its tasks."""
        self._connection.execute(_ADD, {**_columns(row), "started_at": now})
        self._save_tasks((), row.tasks)

    def load(self, id_: str) -> Instance | None:
        """One instance with all its tasks, oldest first."""
        known = self._read.get(id_)
        if known is not None:
            return known
        row = self._connection.execute(_ONE, {"wanted": id_}).mappings().one_or_none()
        if row is None:
            return None
        tasks = tuple(_task(one) for one in self._connection.execute(_TASKS, {"wanted": id_}).mappings())
        found = self._read[id_] = _instance(row, tuple(sorted(tasks, key=lambda one: one.number)))
        return found

    def of_record(self, record_id: str) -> list[Instance]:
        """The instances of a record, newest first."""
        query = select(instance.c.id).where(instance.c.record_id == record_id)
        newest = query.order_by(instance.c.started_at.desc(), instance.c.id.desc())
        ids = self._connection.execute(newest).scalars().all()
        return [found for one in ids if (found := self.load(one)) is not None]

    def open_over(self, record_ids: Sequence[str]) -> set[str]:
        """Those of some records over which an instance runs."""
        query = select(instance.c.record_id).where(
            instance.c.record_id.in_(list(record_ids)),
            instance.c.state.in_([one.value for one in OPEN_STATES]),
        )
        return set(self._connection.execute(query).scalars())

    def used_forms(self, person: str, limit: int = 50) -> list[str]:
        """Forms of flows: those that the person started most recently, then those that others use most."""
        own = (
            select(instance.c.form, func.max(instance.c.started_at).label("last"))
            .where(instance.c.initiator == person)
            .group_by(instance.c.form)
            .order_by(func.max(instance.c.started_at).desc())
            .limit(limit)
        )
        every = (
            select(instance.c.form, func.count().label("n"))
            .group_by(instance.c.form)
            .order_by(func.count().desc(), instance.c.form)
            .limit(limit)
        )
        found = [row[0] for query in (own, every) for row in self._connection.execute(query)]
        return list(dict.fromkeys(found))

    def of_initiator(self, person: str, text: str = "", limit: int = 20) -> list[Instance]:
        """What a person started, newest first; with a text, only where number or title hold it."""
        query = select(instance.c.id).where(instance.c.initiator == person)
        if text:
            query = query.where(
                instance.c.number.contains(text, autoescape=True)
                | instance.c.title.contains(text, autoescape=True)
            )
        ids = (
            self._connection.execute(query.order_by(instance.c.started_at.desc()).limit(limit))
            .scalars()
            .all()
        )
        return [found for one in ids if (found := self.load(one)) is not None]

    def save(self, before: Instance, after: Instance) -> None:
        """Write what changed. Raises StaleWrite when `before` is no longer what is stored."""
        self._read.pop(before.id, None)
        values = _columns(after) | {"version": before.version + 1, "of": before.id, "over": before.version}
        if self._connection.execute(_SAVE, values).rowcount != 1:
            raise StaleWrite(f"instance {before.id}")
        self._save_tasks(before.tasks, after.tasks)

    def record_transition(
        self, id_: str, task_id: str, version_from: int, action: str, actor: str, at: datetime
    ) -> None:
        """One transition for each version of a task. Raises StaleWrite when there was one already."""
        row = {
            "id": id_,
            "task_id": task_id,
            "version_from": version_from,
            "action": action,
            "actor": actor,
            "at": at,
        }
        if not insert_new(self._connection, transition, row):
            raise StaleWrite(f"task {task_id}")

    def task(self, id_: str) -> tuple[Task, str] | None:
        """One task and the id of its instance."""
        for known in self._read.values():
            if (found := known.task(id_)) is not None:
                return found, known.id
        row = self._connection.execute(_TASK, {"wanted": id_}).mappings().one_or_none()
        return (_task(row), row["instance_id"]) if row else None

    def open_tasks(self, person: str, limit: int = 50) -> list[tuple[Task, str]]:
        """A person's to-dos, longest waiting first, each with its instance's id."""
        query = (
            select(task)
            .where(task.c.assignee == person, task.c.state == TaskState.OPEN.value)
            .order_by(task.c.opened_at)
            .limit(limit)
        )
        return [(_task(row), row["instance_id"]) for row in self._connection.execute(query).mappings()]

    def of_owner(self, person: str) -> list[str]:
        """Ids of the instances in which something waits for a person, its turn come or not."""
        query = select(task.c.instance_id).where(
            task.c.assignee == person, task.c.state.in_([TaskState.OPEN.value, TaskState.WAITING.value])
        )
        return sorted(set(self._connection.execute(query).scalars()))

    def add_child(self, child_id: str, parent_id: str, step: str, round_: int) -> None:
        """An instance runs for a step of another."""
        row = {"child_id": child_id, "parent_id": parent_id, "step": step, "round": round_}
        self._connection.execute(insert(flow_child), row)

    def parent_of(self, child_id: str) -> tuple[str, str, int] | None:
        """(instance, step, round) for which an instance runs."""
        row = self._connection.execute(_PARENT, {"wanted": child_id}).one_or_none()
        return (row.parent_id, row.step, row.round) if row else None

    def children(self, parent_id: str, step: str = "", round_: int = 0) -> list[Instance]:
        """The instances that run for a step's visit, or for any step."""
        query = select(flow_child.c.child_id).where(flow_child.c.parent_id == parent_id)
        if step:
            query = query.where(flow_child.c.step == step, flow_child.c.round == round_)
        ids = self._connection.execute(query.order_by(flow_child.c.child_id)).scalars().all()
        return [found for one in ids if (found := self.load(one)) is not None]

    def page(
        self, *, state: str = "", text: str = "", people: Sequence[str] = (), after: str = "", limit: int = 50
    ) -> list[RowMapping]:
        """Instance rows newest first, below the id `after`; a text is part of title or number, or initiator."""
        query = select(instance).order_by(instance.c.id.desc()).limit(limit)
        if state:
            query = query.where(instance.c.state == state)
        if text:
            part = or_(
                *(column.contains(text, autoescape=True) for column in (instance.c.title, instance.c.number))
            )
            query = query.where(or_(part, instance.c.initiator.in_([text, *people])))
        if after:
            query = query.where(instance.c.id < after)
        return list(self._connection.execute(query).mappings())

    def waiting(self, ids: Sequence[str]) -> dict[str, list[Task]]:
        """The open tasks of some instances, by instance id."""
        query = select(task).where(task.c.instance_id.in_(ids), task.c.state == TaskState.OPEN.value)
        found: dict[str, list[Task]] = {}
        for row in self._connection.execute(query.order_by(task.c.opened_at, task.c.id)).mappings():
            found.setdefault(row["instance_id"], []).append(_task(row))
        return found

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """Title and number of some instances, by id."""
        query = select(instance.c.id, instance.c.title).where(instance.c.id.in_(ids))
        return {row.id: row.title for row in self._connection.execute(query)}

    def open_count(self, *, flow: str = "", form: str = "") -> int:
        """How many instances are not over: of a flow, of a form, or of all."""
        query = select(func.count()).select_from(instance).where(instance.c.state.in_(sorted(OPEN_STATES)))
        if flow:
            query = query.where(instance.c.flow == flow)
        if form:
            query = query.where(instance.c.form == form)
        return self._connection.execute(query).scalar_one()

    def open_task_count(self) -> int:
        """How many tasks wait for somebody."""
        query = select(func.count()).select_from(task).where(task.c.state == TaskState.OPEN.value)
        return self._connection.execute(query).scalar_one()

    def _save_tasks(self, before: tuple[Task, ...], after: tuple[Task, ...]) -> None:
        known = {one.id: one for one in before}
        for one in after:
            old = known.get(one.id)
            if old is None:
                self._connection.execute(_ADD_TASK, _task_columns(one))
            elif old != one:
                values = _task_columns(one) | {"of": one.id, "over": old.version}
                if self._connection.execute(_SAVE_TASK, values).rowcount != 1:
                    raise StaleWrite(f"task {one.id}")


def _columns(row: Instance) -> dict[str, Any]:
    return {
        "id": row.id,
        "flow": row.flow,
        "flow_version": row.flow_version,
        "form": row.form,
        "form_version": row.form_version,
        "record_id": row.record_id,
        "number": row.number,
        "title": row.title,
        "initiator": row.initiator,
        "state": row.state.value,
        "body": canon.dumps(
            {
                "active": row.active,
                "rounds": dict(row.rounds),
                "taken": dict(row.taken),
                "done": row.done,
                "detours": row.detours,
                "picks": dict(row.picks),
                "copied": row.copied,
                "comments": row.comments,
                **({"started_by": row.started_by} if row.started_by else {}),
            }
        ),
        "version": row.version,
        "ended_at": row.ended_at,
    }


def _instance(row: Any, tasks: tuple[Task, ...]) -> Instance:
    body = canon.loads(row["body"])
    return Instance(
        id=row["id"],
        flow=row["flow"],
        flow_version=row["flow_version"],
        form=row["form"],
        form_version=row["form_version"],
        record_id=row["record_id"],
        number=row["number"],
        title=row["title"],
        initiator=row["initiator"],
        state=InstanceState(row["state"]),
        active=tuple(body["active"]),
        rounds=body["rounds"],
        taken={key: tuple(value) for key, value in body["taken"].items()},
        done=tuple(body.get("done", ())),
        detours=tuple(_detour(one) for one in body.get("detours", ())),
        picks={key: tuple(value) for key, value in body.get("picks", {}).items()},
        copied=tuple(body.get("copied", ())),
        comments=tuple(_comment(one) for one in body.get("comments", ())),
        tasks=tasks,
        version=row["version"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        started_by=body.get("started_by", ""),
    )


def _detour(one: dict[str, Any]) -> Detour:
    steps, watch = tuple(one["steps"]), tuple(one["watch"])
    tasks = tuple((id_, waiting) for id_, waiting in one["tasks"])
    return Detour(one["target"], one["back"], steps, tasks, watch, one["digest"])


def _comment(one: dict[str, Any]) -> Comment:
    at = datetime.fromisoformat(one["at"])
    return Comment(one["by"], at, one["text"], tuple(one["mentions"]))


def _task_columns(row: Task) -> dict[str, Any]:
    return {
        "id": row.id,
        "instance_id": row.instance_id,
        "step": row.step,
        "name": row.name,
        "kind": row.kind.value,
        "round": row.round,
        "assignee": row.assignee,
        "state": row.state.value,
        "version": row.version,
        "opened_at": row.opened_at,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
        "verdict": row.verdict.value if row.verdict else None,
        "comment": row.comment,
        "parent": row.parent,
        "sign": row.sign,
        "via": row.via,
        "weight": row.weight,
        "veto": row.veto,
        "due_at": row.due_at,
        "urged_at": row.urged_at,
    }


def _task(row: Any) -> Task:
    from_row = {name: row[name] for name in Task.__dataclass_fields__}
    from_row["state"] = TaskState(row["state"])
    from_row["kind"] = TaskKind(row["kind"])
    from_row["verdict"] = Verdict(row["verdict"]) if row["verdict"] else None
    return Task(**from_row)
