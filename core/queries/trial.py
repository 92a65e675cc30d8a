"""试走 for the page: the walk as a timeline with its reasons, the step tree in colour, what may be said next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.commands import AddSign, Decide, FinishJob, FireTimer, Resume, Start, Transfer
from core.errors import Invalid, UserError
from core.events import (
    CopySent,
    FlowEvent,
    InstanceEnded,
    InstanceReturned,
    NobodyFound,
    PathTaken,
    StepEntered,
    StepsInterrupted,
    TaskDecided,
    TaskOpened,
    TaskReminded,
    TimerSet,
)
from core.flows import assign
from core.flows.because import why_asked, why_taken
from core.flows.cases import passed, person_named, run_cases
from core.flows.definition import Flow
from core.flows.instance import OPEN_STATES, Task, TaskKind
from core.flows.real import RealWorld
from core.flows.simulate import simulate, started
from core.flows.trial import MADE_UP, Act, Turn, Walk
from core.forms.schema import ReadyForm
from core.publishing import review
from core.queries import flows, forms
from core.queries.foresee import picks_of
from core.queries.records import STATE_TEXTS, iso
from core.queries.tasks import offer_of
from core.store.work import UnitOfWork

SAID = {
    "approve": "同意",
    "reject": "拒绝",
    "return": "退回",
    "resubmit": "修改后重新提交",
    "withdraw": "撤回",
}


def flow_in(uow: UnitOfWork, text: str) -> Flow:
    """The one flow of a text, right in itself. Raises Invalid, UserError."""
    found = review(uow, text)
    wrong = tuple(one.problem() for one in found.mistakes if one.level == "error")
    if wrong:
        raise Invalid(wrong, "定义里有错误，不能试走。")
    chosen = [one.model for one in found.parsed if isinstance(one.model, Flow)]
    if len(chosen) != 1:
        raise UserError("not_a_flow", "试走一次只看一个流程。")
    if not uow.shelf.version("form", chosen[0].form):
        raise UserError("no_form", "这个流程的表单还没有发布，请先发布表单再试走。")
    return chosen[0]


def opened(uow: UnitOfWork, text: str, person: str) -> dict[str, Any]:
    """What a walk begins with: the form to fill, its defaults, whom the initiator chooses, who may start."""
    flow = flow_in(uow, text)
    ready = uow.shelf.form(flow.form)
    start = started(uow, flow, ready, person, {})
    return {
        "flow": flow.title or flow.key,
        "form": forms.document(ready, uow.scope(person)),
        "values": forms.start_values(uow, ready, person),
        "links": forms.link_choices(uow, ready, 50),
        "people": forms.people(uow),
        "person": person,
        "picks": picks_of(uow, flow, start, ready),
        "cases": [one.name for one in flow.tests],
        "steps": flows.steps(flow, None, uow.people),
    }


def document(
    uow: UnitOfWork,
    text: str,
    person: str,
    values: Mapping[str, Any],
    acts: Sequence[Act],
    picks: Mapping[str, tuple[str, ...]],
    *,
    rest: bool = False,
) -> dict[str, Any]:
    """TRIAL of docs/pages-api.md. Raises Invalid, UserError."""
    flow = flow_in(uow, text)
    ready = uow.shelf.form(flow.form)
    start = started(uow, flow, ready, person_named(uow.people, person), values)
    walk = simulate(uow, flow, start, acts, picks=picks, rest=rest)
    one = walk.instance
    teller = _Teller(uow, flow, ready)
    return {
        "title": start.title,
        "turns": [teller.turn(turn) for turn in walk.turns],
        "problem": walk.problem,
        "at": walk.at,
        "state": one.state.value,
        "state_text": STATE_TEXTS[one.state.value],
        "open": one.state in OPEN_STATES,
        "now": iso(walk.now),
        "waiting": [teller.stop(walk, task) for task in one.open_tasks()] if not walk.problem else [],
        "steps": flows.steps(flow, one, uow.people),
        "path": [{name: list(people)} for name, people in passed(walk, uow.people)],
    }


def cases(uow: UnitOfWork, text: str) -> list[dict[str, Any]]:
    """The flow's own cases with their results."""
    return [{"name": one.name, "ok": one.ok, "line": one.line} for one in run_cases(uow, flow_in(uow, text))]


class _Teller:
    """Says what happened in one walk."""

    def __init__(self, uow: UnitOfWork, flow: Flow, ready: ReadyForm) -> None:
        self._uow = uow
        self._flow = flow
        self._ready = ready
        self._world = RealWorld(uow, ready)
        self._called = uow.people.called

    def turn(self, turn: Turn) -> dict[str, Any]:
        """One command: who did what, then what came of it."""
        who, text, comment = self._head(turn)
        return {
            "number": turn.number,
            "at": iso(turn.now),
            "who": who,
            "text": text,
            "comment": comment,
            "lines": [
                *(line for event in turn.events for line in self._lines(turn, event)),
                *({"kind": one.kind, "text": one.text, "why": []} for one in turn.doings),
            ],
        }

    def _head(self, turn: Turn) -> tuple[str, str, str]:
        command = turn.command
        match command:
            case Start():
                return self._called(command.actor), "发起", ""
            case Decide():
                task = turn.before.task(command.task_id)
                done = task is not None and task.kind is TaskKind.FILL and command.verdict == "approve"
                name = f"「{task.name}」" if task else ""
                verdict = "办理完成" if done else SAID[command.verdict]
                comment = "" if command.comment == MADE_UP else command.comment
                return self._called(command.actor), f"{name}{verdict}", comment
            case Transfer():
                return self._called(command.actor), f"转交给{self._called(command.to)}", command.comment
            case AddSign():
                names = "、".join(self._called(one) for one in command.people)
                how = "前加签" if command.how == "before" else "后加签"
                return self._called(command.actor), f"{how}：{names}", command.comment
            case Resume():
                return self._called(command.actor), "修改后重新提交", ""
            case FinishJob():
                return (
                    "系统",
                    f"「{self._name(command.step)}」{'完成' if command.ok else '没有完成'}",
                    command.message,
                )
            case FireTimer():
                subject = turn.before.task(command.subject)
                name = subject.name if subject else self._name(command.subject)
                return "系统", f"「{name}」{'到期' if command.kind == 'due' else '等待的时间到了'}", ""
        return self._called(command.actor), "撤回", ""

    def _name(self, key: str) -> str:
        step = self._flow.step(key)
        return step.name if step else key

    def _lines(self, turn: Turn, event: FlowEvent) -> Iterator[dict[str, Any]]:
        for kind, text, why in self._told(turn, event):
            yield {"kind": kind, "text": text, "why": why}

    def _told(self, turn: Turn, event: FlowEvent) -> Iterable[tuple[str, str, list[str]]]:  # noqa: PLR0911
        """(kind, sentence, reasons); events that a reader does not miss say nothing."""
        match event:
            case StepEntered():
                return self._entered(turn, event)
            case PathTaken():
                step = self._flow.step(event.step)
                names = (
                    [step.paths[index].name or f"路径 {index + 1}" for index in event.paths] if step else []
                )
                why = why_taken(step, turn.after, self._world) if step else []
                return [("branch", f"「{self._name(event.step)}」走：{'、'.join(names) or '没有路'}", why)]
            case TaskOpened():
                return [("task", *self._asked(event))]
            case TaskDecided() if event.by == "system":
                task = turn.after.task(event.task_id)
                who = self._called(task.assignee) if task else ""
                return [("auto", f"{who}：{event.comment or SAID.get(event.verdict, event.verdict)}", [])]
            case CopySent():
                return [("copy", f"会抄送给{self._called(event.person)}", [])]
            case NobodyFound():
                return [("warn", f"「{event.name}」找不到处理人，会交给系统管理员并记一条异常", [])]
            case TimerSet():
                return [("timer", self._timer(turn, event), [])]
            case TaskReminded():
                return [("message", f"会再发一次卡片：{event.why}", [])]
            case InstanceReturned():
                return [("return", "回到发起人，等修改后重新提交", [])]
            case StepsInterrupted() if event.steps:
                return [("return", f"停下：{'、'.join(self._name(one) for one in event.steps)}", [])]
            case InstanceEnded():
                return [("end", f"流程{STATE_TEXTS[event.result]}", [])]
        return []

    def _entered(self, turn: Turn, event: StepEntered) -> list[tuple[str, str, list[str]]]:
        step = self._flow.step(event.step)
        if step is None or not step.who:
            return []
        search = assign.search_for(self._flow, step, turn.after, self._uow.people, self._world)
        again = f"（第 {event.round} 次）" if event.round > 1 else ""
        return [("step", f"{step.name}{again}", why_asked(step, search))]

    def _asked(self, event: TaskOpened) -> tuple[str, list[str]]:
        who = self._called(event.assignee)
        via = f"（委托：代{self._called(event.via)}）" if event.via else ""
        if event.waiting:
            return f"{who}{via}排在后面，轮到时再问", []
        due = f"，期限 {self._local(event.due_at)}" if event.due_at else ""
        return f"会给{who}{via}发待办卡片「{event.name}」{due}", []

    def _timer(self, turn: Turn, event: TimerSet) -> str:
        when = self._local(event.due_at)
        if event.kind == "delay":
            return f"「{self._name(event.subject)}」等到 {when}"
        if event.kind == "due":
            task = turn.after.task(event.subject)
            step = self._flow.step(task.step) if task else None
            return f"{when} 到期：{_THEN[step.due.then if step and step.due else 'remind']}"
        return f"{when} 提醒一次"

    def _local(self, moment: Any) -> str:
        return f"{moment.astimezone(self._uow.house.zone):%m-%d %H:%M}"

    def stop(self, walk: Walk, task: Task) -> dict[str, Any]:
        """An open task, and what may be said on it."""
        step = self._flow.step(task.step)
        if task.kind is TaskKind.REVISE:
            buttons, found = [("resubmit", "重新提交"), ("withdraw", "撤回")], None
        else:
            found = offer_of(self._uow, self._flow, step, self._ready, task, walk.instance)
            buttons = [*found.buttons, *found.more]
            if step is not None and step.due is not None and task.kind is not TaskKind.REPAIR:
                buttons.append(("expire", "超时"))
        return {
            "task": task.id,
            "step": task.step,
            "name": task.name,
            "person": task.assignee,
            "who": self._called(task.assignee) + (f"（代{self._called(task.via)}）" if task.via else ""),
            "buttons": [{"key": key, "name": name} for key, name in buttons],
            "returns": [{"key": key, "name": name} for key, name in (found.returns if found else ())],
            "back": found.back if found else "",
            "choose_back": bool(found and found.choose_back),
            "picks": [{"step": key, "name": name} for key, name in (found.picks if found else ())],
            "fields": {key: right.value for key, right in (found.rights if found else {}).items()},
        }


_THEN = {
    "remind": "再提醒一次",
    "approve": "自动同意",
    "reject": "自动拒绝",
    "return": "自动退回",
    "escalate": "升级给上级",
}
