"""What a step does, in a few Chinese words, for the picture of a flow."""

from __future__ import annotations

from core.flows import assign
from core.flows.definition import Delay, Due, Mode, Settle, Step, Vote, Who
from core.store.work import UnitOfWork

VOTES = {
    Vote.ANY: "",
    Vote.ALL: "会签",
    Vote.IN_TURN: "依次审批",
    Vote.ONE_PASS: "一票通过",
    Vote.WEIGHTED: "加权表决",
}
MODES = {Mode.EXCLUSIVE: "", Mode.INCLUSIVE: "所有成立的路都走", Mode.PARALLEL: "同时进行"}
RESULTS = {"approved": "通过", "rejected": "拒绝", "ended": "结束"}


class Titles:
    """What definitions are called; the key of one that is not there."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.people = uow.people

    def of(self, kind: str, key: str) -> str:
        """A definition's title."""
        if not self._uow.shelf.version(kind, key):
            return key
        return str(getattr(self._uow.shelf.get(kind, key).model, "title", "") or key)


def text_of(step: Step, titles: Titles) -> str:
    """One line for one step."""
    parts = ["、".join(_who(one, titles) for one in step.who)]
    if step.human:
        parts += [_vote(step), f"{_time(step.due)}内" if step.due else ""]
    elif step.kind == "branch":
        parts.append(MODES[step.mode])
    elif step.kind == "delay" and step.delay:
        parts.append(_time(step.delay))
    elif step.kind == "end":
        parts.append(RESULTS[step.result])
    else:
        parts.append(_work(step, titles))
    return " · ".join(part for part in parts if part)


def _who(who: Who, titles: Titles) -> str:
    return f"授权表「{titles.of('authority', who.table)}」" if who.table else assign.say(who)


def _vote(step: Step) -> str:
    rule = step.vote
    said = f"{rule.ratio}% 同意" if rule.mode is Vote.RATIO else VOTES[rule.mode]
    veto = f"{'、'.join(rule.veto)}可否决" if rule.veto else ""
    late = "等所有人表态" if step.settle is Settle.EVERYONE else ""
    return "，".join(part for part in (said, veto, late) if part)


def _time(due: Due | Delay) -> str:
    if due.field:
        return f"到「{due.field}」"
    if isinstance(due, Delay) and due.until:
        return f"到 {due.until}"
    days = f"{due.days} {'个工作日' if due.calendar == 'working' else '天'}" if due.days else ""
    hours = f"{due.hours:g} {'个工作小时' if due.calendar == 'working' else '小时'}" if due.hours else ""
    return days + hours


def _work(step: Step, titles: Titles) -> str:
    if step.work:
        return titles.of("form", step.work.form)
    if step.subflow:
        return f"{titles.of('form', step.subflow.form)}{'，等全部完成' if step.subflow.wait else ''}"
    if step.webhook:
        return "等对方回应" if step.webhook.wait else ""
    return step.text or titles.of("report", step.report)
