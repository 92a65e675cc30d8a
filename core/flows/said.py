"""Who did what and when, as a sentence: for a press that comes too late."""

from __future__ import annotations

from datetime import datetime

from core.flows.instance import Instance, Task, TaskKind, TaskState, Verdict
from core.people import Directory

SAID = {Verdict.APPROVE: "同意", Verdict.REJECT: "拒绝", Verdict.RETURN: "退回"}


def started_said(instance: Instance, people: Directory) -> str:
    """The initiator, and who did it for them."""
    who = people.called(instance.initiator)
    return f"{who}（由{people.called(instance.started_by)}代发起）" if instance.started_by else who


def verdict_said(task: Task) -> str:
    """同意, 办理, 拒绝 or 退回."""
    if task.verdict is None:
        return ""
    if task.kind is TaskKind.FILL and task.verdict is Verdict.APPROVE:
        return "办理"
    return SAID[task.verdict]


def what_happened(task: Task, instance: Instance, people: Directory, now: datetime) -> str:
    """Who decided what and when; times in the zone of `now`."""
    last = task
    if task.state is TaskState.CANCELLED:
        decided = [one for one in instance.tasks if one.decided_at == task.decided_at and one.verdict]
        last = decided[-1] if decided else task
    who = people.called(last.decided_by)
    when = f"{last.decided_at.astimezone(now.tzinfo):%m-%d %H:%M}" if last.decided_at else ""
    if last.state is TaskState.TRANSFERRED:
        return f"这个待办已由{who}于 {when} 转交他人。"
    if last.verdict is not None:
        tail = "" if last is task else "，无需您再处理"
        return f"已由{who}于 {when} {verdict_said(last)}{tail}。"
    return f"这个待办已由{who}于 {when} 结束，无需您再处理。"
