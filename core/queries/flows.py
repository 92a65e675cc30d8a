"""Instances as people read them: the FLOW document of docs/pages-api.md, to-dos, the picture of the step tree."""

from __future__ import annotations

from typing import Any

from core.flows.definition import Flow, Path, Step
from core.flows.engine import REVISE_STEP
from core.flows.instance import Instance, InstanceState, Task, TaskKind, TaskState, Verdict
from core.flows.said import started_said, verdict_said
from core.people import Directory
from core.queries.records import STATE_TEXTS, iso
from core.queries.steptexts import Titles, text_of
from core.store.work import UnitOfWork


def document(uow: UnitOfWork, instance: Instance) -> dict[str, Any]:
    """FLOW."""
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    return {
        "id": instance.id,
        "flow": flow.title or flow.key,
        "version": instance.flow_version,
        "state": instance.state.value,
        "state_text": STATE_TEXTS[instance.state.value],
        "initiator": started_said(instance, uow.people),
        "started_at": iso(instance.started_at),
        "ended_at": iso(instance.ended_at),
        "timeline": timeline(instance, uow.people),
        "steps": steps(uow, flow, instance),
    }


def task_text(task: Task) -> tuple[str, str]:
    """(state code of the pictures, Chinese) of a task."""
    if task.state is TaskState.OPEN:
        return "active", "待修改" if task.kind is TaskKind.REVISE else "处理中"
    if task.state is TaskState.TRANSFERRED:
        return "skipped", "已转交"
    if task.state is TaskState.CANCELLED:
        return "skipped", "无需处理"
    if task.state is TaskState.WAITING:
        return "waiting", "未轮到"
    if task.verdict is None:
        return "done", "已重新提交"
    return ("refused" if task.verdict is not Verdict.APPROVE else "done"), f"已{verdict_said(task)}"


def timeline(instance: Instance, people: Directory) -> list[dict[str, Any]]:
    """What happened, oldest first; open tasks last, as what is waited for."""
    rows = [_row(instance.started_at, started_said(instance, people), "start", "发起", "", "")]
    for task in instance.tasks:
        if task.state in (TaskState.CANCELLED, TaskState.WAITING):
            continue
        who = people.called(task.decided_by or task.assignee)
        if task.via and task.decided_by in (None, task.assignee):
            who += f"（代{people.called(task.via)}）"
        code, text = task_text(task)
        at = task.decided_at or task.opened_at
        rows.append(_row(at, who, code, text, task.comment, task.name))
    for one in instance.comments:
        named = "".join(f" @{people.called(person)}" for person in one.mentions)
        rows.append(_row(one.at, people.called(one.by), "comment", "评论", f"{one.text}{named}", ""))
    rows.sort(key=lambda row: row["action"] == "active")
    if instance.comments:
        rows.sort(key=lambda row: (row["action"] == "active", row["at"] or ""))
    if instance.state is InstanceState.WITHDRAWN:
        rows.append(_row(instance.ended_at, people.called(instance.initiator), "end", "撤回", "", ""))
    elif instance.ended_at is not None:
        rows.append(_row(instance.ended_at, "", "end", STATE_TEXTS[instance.state.value], "", "结束"))
    return rows


def _row(at: Any, who: str, action: str, text: str, comment: str, step: str) -> dict[str, Any]:
    return {"at": iso(at), "who": who, "action": action, "text": text, "comment": comment, "step": step}


def steps(uow: UnitOfWork, flow: Flow, instance: Instance | None) -> list[dict[str, Any]]:
    """The step tree with the state of each step; without an instance, the definition as a picture."""
    people, titles = uow.people, Titles(uow)
    start: dict[str, Any] = {
        "key": "$start",
        "kind": "start",
        "name": "发起",
        "state": "done" if instance else "waiting",
        "text": started_said(instance, people) if instance else "发起人提交",
        "people": [],
        "paths": [],
    }
    revise = [_revise(instance, people)] if instance and instance.rounds.get(REVISE_STEP) else []
    body = [_step(one, instance, titles, live=True) for one in flow.steps]
    return [start, *revise, *body, _end(instance)]


def _revise(instance: Instance, people: Directory) -> dict[str, Any]:
    tasks = [one for one in instance.tasks if one.step == REVISE_STEP]
    waiting = instance.state is InstanceState.RETURNED
    return {
        "key": REVISE_STEP,
        "kind": "fill",
        "name": "退回修改",
        "state": "active" if waiting else "done",
        "text": f"第 {len(tasks)} 次退回",
        "people": [_asked(tasks[-1], people)],
        "paths": [],
    }


def _end(instance: Instance | None) -> dict[str, Any]:
    refused = instance is not None and instance.state in (InstanceState.REJECTED, InstanceState.WITHDRAWN)
    over = instance is not None and instance.ended_at is not None
    return {
        "key": "$end",
        "kind": "end",
        "name": "结束",
        "state": "refused" if refused else "done" if over else "waiting",
        "text": STATE_TEXTS[instance.state.value] if instance is not None and over else "",
        "people": [],
        "paths": [],
    }


def _step(step: Step, instance: Instance | None, titles: Titles, *, live: bool) -> dict[str, Any]:
    tasks = list(instance.round_tasks(step.key)) if instance else []
    return {
        "key": step.key,
        "kind": step.kind,
        "name": step.name,
        "state": _state(step, instance, tasks) if live else "skipped",
        "text": text_of(step, titles),
        "people": [_asked(one, titles.people) for one in tasks],
        "paths": [
            _path(step, index, one, instance, titles, live=live) for index, one in enumerate(step.paths)
        ],
    }


def _path(
    step: Step, index: int, path: Path, instance: Instance | None, titles: Titles, *, live: bool
) -> dict[str, Any]:
    chosen = instance.taken.get(step.key) if instance else None
    taken = chosen is not None and index in chosen
    goes = live and (chosen is None or taken)
    return {
        "name": path.name or f"路径 {index + 1}",
        "condition": path.condition or "其他情况",
        "taken": taken,
        "steps": [_step(one, instance, titles, live=goes) for one in path.steps],
    }


def _state(step: Step, instance: Instance | None, tasks: list[Task]) -> str:
    if instance is None or step.key not in instance.rounds:
        over = instance is not None and instance.ended_at is not None
        return "skipped" if over else "waiting"
    if step.key in instance.active:
        return "active"
    if any(one.verdict in (Verdict.REJECT, Verdict.RETURN) for one in tasks):
        return "refused"
    return "done" if step.key in instance.done or instance.ended_at is not None else "waiting"


def _asked(task: Task, people: Directory) -> dict[str, Any]:
    code, text = task_text(task)
    return {
        "task": task.id if task.live else None,
        "name": people.called(task.assignee) + (f"（代{people.called(task.via)}）" if task.via else ""),
        "state": code,
        "text": text,
        "at": iso(task.decided_at),
        "comment": task.comment,
    }


def waiting(instance: Instance, people: Directory) -> list[dict[str, Any]]:
    """Who is waited for, since when."""
    return [
        {"step": one.name, "who": people.called(one.assignee), "since": iso(one.opened_at)}
        for one in instance.open_tasks()
    ]
