"""Plays scenarios: flows and people as YAML, what is done and what must be true as lines of Chinese.

王经理 同意 · 陈主管 拒绝 · 陈主管 退回 预审 送回        (发起人, 上一步 or a step; 送回, 重审 or 改动)
小李 重交 · 小李 撤回 · 小李 催办 · 王经理 转交 小孙 · 王经理 前加签 小孙 小吴 · 小吴@旁路 同意
王经理 并加签 小孙 · 王经理 减签 小孙
改 total 9000 · 过 9 小时 · 完成 步骤 · 失败 步骤
赵总 跳转 步骤 · 赵总 改派 王经理 小孙 · 赵总 结束 · 赵总 激活 步骤 · 赵总 交接 王经理 小孙
等 王经理 陈主管 · 等 无人 · 已通过 · 待修改 · 抄送 小孙 · 不行 小孙 同意
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import yaml

from core.commands import (
    AddSign,
    Command,
    Decide,
    DropSign,
    FinishJob,
    FireTimer,
    Intervene,
    Resume,
    Start,
    TakeOver,
    Transfer,
    Urge,
    Withdraw,
)
from core.errors import UserError
from core.events import JobWanted, TimerSet
from core.flows.definition import Authority, Flow
from core.flows.instance import Instance, Task
from tests.flows.cast import NOW, PEOPLE, SmallWorld, act, blank

IDS = {person.name: id_ for id_, person in PEOPLE.people.items()}
NAMES = {id_: name for name, id_ in IDS.items()}
STATES = {
    "running": "审批中",
    "approved": "已通过",
    "rejected": "已拒绝",
    "withdrawn": "已撤回",
    "ended": "已结束",
    "returned": "待修改",
}
WAYS = {"送回": "straight", "重审": "rewalk", "改动": "changed"}
VERDICTS = {"同意": "approve", "办理": "approve", "拒绝": "reject", "退回": "return"}


@dataclass
class Story:
    """One scenario while it is played."""

    definition: Flow
    world: SmallWorld
    one: Instance
    now: datetime = NOW
    timers: list[TimerSet] = field(default_factory=list)
    jobs: list[JobWanted] = field(default_factory=list)

    def do(self, command: Command) -> None:
        """One command; timers and jobs that it asked for are kept."""
        self.one, events = act(self.definition, self.one, command, self.world, self.now)
        self.timers += [one for one in events if isinstance(one, TimerSet)]
        self.jobs += [one for one in events if isinstance(one, JobWanted)]

    def task(self, who: str) -> Task:
        """The open task of a person, `小吴@旁路` when they have several; else any, so that the engine says no."""
        name, _, step = who.partition("@")
        own = [one for one in self.one.tasks if one.assignee == IDS[name] and step in ("", one.step)]
        fallback = own[-1] if own else self.one.tasks[-1]
        return next((one for one in own if one.state.value == "open"), fallback)

    def line(self, line: str) -> None:
        """One line: something that is done, or something that must be true."""
        words = line.split()
        if words[0] in CHECKS:
            CHECKS[words[0]](self, words[1:])
        elif words[0] in STATES.values():
            assert STATES[self.one.state.value] == words[0], STATES[self.one.state.value]
        elif words[0] == "不行":
            try:
                self.line(" ".join(words[1:]))
            except UserError:
                return
            raise AssertionError(f"居然可以：{line}")
        elif words[0] in ALONE:
            ALONE[words[0]](self, words[1:])
        else:
            self.do(ACTS[words[1]](self, words[0], words[2:]))


def _decide(verdict: str) -> Callable[[Story, str, list[str]], Command]:
    def build(story: Story, who: str, rest: list[str]) -> Command:
        task = story.task(who)
        to = {"发起人": "initiator", "上一步": "previous"}.get(rest[0], rest[0]) if rest else ""
        back = WAYS[rest[1]] if len(rest) > 1 else ""
        if verdict != "return":
            return Decide(IDS[who.partition("@")[0]], task.id, verdict, " ".join(rest))
        return Decide(IDS[who.partition("@")[0]], task.id, verdict, "请改", to=to, back=back)

    return build


def _sign(how: str) -> Callable[[Story, str, list[str]], Command]:
    return lambda story, who, rest: AddSign(
        IDS[who.partition("@")[0]], story.task(who).id, tuple(IDS[one] for one in rest), how
    )


def _intervene(action: str) -> Callable[[Story, str, list[str]], Command]:
    def build(story: Story, who: str, rest: list[str]) -> Command:
        if action == "reassign":
            task = story.task(rest[0])
            return Intervene(IDS[who], "i", action, "急", "chen", task_id=task.id, to=IDS[rest[1]])
        return Intervene(IDS[who], "i", action, "急", "chen", step=rest[0] if rest else "")

    return build


ACTS: dict[str, Callable[[Story, str, list[str]], Command]] = {
    **{word: _decide(verdict) for word, verdict in VERDICTS.items()},
    "重交": lambda _story, who, _rest: Resume(IDS[who], "i"),
    "撤回": lambda _story, who, _rest: Withdraw(IDS[who], "i"),
    "催办": lambda _story, who, _rest: Urge(IDS[who], "i"),
    "转交": lambda story, who, rest: Transfer(IDS[who], story.task(who).id, IDS[rest[0]]),
    "前加签": _sign("before"),
    "后加签": _sign("after"),
    "并加签": _sign("beside"),
    "减签": lambda story, who, rest: DropSign(IDS[who], story.task(rest[0]).id),
    "跳转": _intervene("jump"),
    "改派": _intervene("reassign"),
    "结束": _intervene("end"),
    "激活": _intervene("reopen"),
    "交接": lambda _story, who, rest: TakeOver(IDS[who], "i", IDS[rest[0]], IDS[rest[1]]),
}


def _change(story: Story, rest: list[str]) -> None:
    value = yaml.safe_load(rest[1])
    story.one = replace(story.one, facts={**story.one.facts, rest[0]: value})


def _pass(story: Story, rest: list[str]) -> None:
    """Time passes; what is due fires in its order."""
    until = story.now + timedelta(hours=float(rest[0]))
    while due := sorted((one for one in story.timers if one.due_at <= until), key=lambda one: one.due_at):
        timer = due[0]
        story.timers.remove(timer)
        story.now = max(story.now, timer.due_at)
        story.do(FireTimer("system", "i", timer.kind, timer.subject, timer.occurrence))
    story.now = until


def _finish(ok: bool) -> Callable[[Story, list[str]], None]:
    def finish(story: Story, rest: list[str]) -> None:
        job = next(one for one in reversed(story.jobs) if one.step == rest[0])
        refused = len(rest) > 1
        story.do(FinishJob("system", "i", job.step, job.round, ok, "" if ok else "没有", refused))

    return finish


ALONE: dict[str, Callable[[Story, list[str]], None]] = {
    "改": _change,
    "过": _pass,
    "完成": _finish(True),
    "失败": _finish(False),
}


def _waits(story: Story, rest: list[str]) -> None:
    asked = sorted(NAMES[one.assignee] for one in story.one.open_tasks())
    wanted = [] if rest == ["无人"] else sorted(rest)
    assert asked == wanted, f"在等 {'、'.join(asked) or '无人'}"


def _copied(story: Story, rest: list[str]) -> None:
    got = sorted(NAMES[one] for one in story.one.copied)
    assert got == ([] if rest == ["无人"] else sorted(rest)), f"抄送了 {'、'.join(got) or '无人'}"


CHECKS: dict[str, Callable[[Story, list[str]], None]] = {"等": _waits, "抄送": _copied}


def play(scenario: dict[str, Any]) -> Story:
    """Play one scenario. Raises AssertionError with the line that does not hold."""
    more = {key: scenario[key] for key in ("dedup", "withdraw", "department", "on") if key in scenario}
    definition = Flow.model_validate({"flow": "f", "form": "x", "steps": scenario["flow"], **more})
    tables = [Authority.model_validate(one) for one in scenario.get("tables", [])]
    deputies = {IDS[one]: IDS[other] for one, other in scenario.get("委托", {}).items()}
    world = SmallWorld(deputies=deputies, tables={one.key: one for one in tables})
    by = IDS[scenario.get("发起人", "小李")]
    story = Story(definition, world, blank(by, **{"total": 100, **scenario.get("单据", {})}))
    picks = {step: tuple(IDS[one] for one in people) for step, people in scenario.get("自选", {}).items()}
    story.do(Start(by, picks))
    for number, line in enumerate(scenario["story"], 1):
        try:
            story.line(line)
        except (AssertionError, UserError, KeyError) as error:
            raise AssertionError(f"「{scenario['name']}」第 {number} 行「{line}」：{error}") from error
    return story
