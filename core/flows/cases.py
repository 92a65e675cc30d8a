"""用例: the test cases of a flow, walked over the company as it is. A case passes or says what was different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import NotFound, UserError
from core.events import TaskOpened
from core.flows.definition import CaseAct, Flow, TrialCase
from core.flows.simulate import simulate, started
from core.flows.trial import MADE_UP, Act, Walk
from core.people import Directory
from core.store.work import UnitOfWork

STATES = {
    "approved": "通过",
    "rejected": "拒绝",
    "withdrawn": "撤回",
    "ended": "结束",
    "returned": "退回待修改",
    "running": "还在审批",
}


@dataclass(frozen=True)
class Result:
    """How a case went, and the line that says so."""

    name: str
    ok: bool
    line: str


def run_cases(uow: UnitOfWork, flow: Flow) -> list[Result]:
    """All cases of a flow, in order."""
    return [_run(uow, flow, case) for case in flow.tests]


def _run(uow: UnitOfWork, flow: Flow, case: TrialCase) -> Result:
    try:
        wrong = _different(uow, flow, case)
    except UserError as error:
        if error.code == "unknown_person":  # a suite in another company: its people are not there
            return Result(case.name, True, f"用例「{case.name}」跳过：{error.message}")
        wrong = error.message
    except NotFound as error:
        wrong = error.message
    line = f"用例「{case.name}」{'没有通过：' + wrong if wrong else '通过'}"
    return Result(case.name, not wrong, line)


def _different(uow: UnitOfWork, flow: Flow, case: TrialCase) -> str:
    """What is not as expected; "" when all is."""
    people = uow.people
    start = started(uow, flow, uow.shelf.form(flow.form), person_named(people, case.by), case.values)
    acts = [act_of(one, people) for one in case.acts]
    picks = {step: tuple(person_named(people, one) for one in some) for step, some in case.picks.items()}
    walk = simulate(uow, flow, start, acts, picks=picks, rest=case.ends not in ("running", "returned"))
    if walk.problem:
        where = f"第 {walk.at + 1} 个操作" if walk.at is not None else "发起或自动走到一半"
        return f"{where}不成立，{walk.problem}"
    way = passed(walk, people)
    if case.path and not _fits(case, way):
        return f"期望经过 {_said(case)}，实际经过 {_said_way(way)}"
    state = walk.instance.state.value
    if case.ends and state != case.ends:
        return f"期望最后{STATES[case.ends]}，实际{STATES[state]}"
    return ""


def act_of(one: CaseAct, people: Directory) -> Act:
    """An act of a case for the walk. Raises UserError for people who are not there."""
    return Act(
        say=one.say,
        step=one.at,
        person=person_named(people, one.person) if one.person else "",
        comment=MADE_UP,
        to=person_named(people, one.to) if one.say == "transfer" else one.to,
        back=one.back,
        people=tuple(
            person_named(people, who) for who in ((one.to,) if one.say == "transfer" else one.people)
        ),
        values=one.values,
        picks={step: tuple(person_named(people, who) for who in some) for step, some in one.picks.items()},
    )


def person_named(people: Directory, text: str) -> str:
    """The id of an active person by id, name or nick. Raises UserError."""
    found = people.find(text)
    if len(found) != 1:
        raise UserError("unknown_person", f"通讯录里没有（或不止一位）「{text}」")
    return found[0].id


def passed(walk: Walk, people: Directory) -> list[tuple[str, tuple[str, ...]]]:
    """Each visit of a step with people, in order: (name, who was asked); a return to be mended is one, too."""
    found: dict[tuple[str, int], list[str]] = {}
    names: dict[tuple[str, int], str] = {}
    for event in walk.events:
        if isinstance(event, TaskOpened):
            visit = (event.step, event.round)
            names.setdefault(visit, event.name)
            found.setdefault(visit, []).append(people.called(event.assignee))
    return [(names[visit], tuple(some)) for visit, some in found.items()]


def _fits(case: TrialCase, way: list[tuple[str, tuple[str, ...]]]) -> bool:
    if len(case.path) != len(way):
        return False
    return all(_same(part, *one) for part, one in zip(case.path, way, strict=True))


def _same(part: str | Mapping[str, tuple[str, ...]], name: str, people: tuple[str, ...]) -> bool:
    if isinstance(part, str):
        return part == name
    return part.get(name) is not None and sorted(part[name]) == sorted(people)


def _said(case: TrialCase) -> str:
    return " → ".join(
        one if isinstance(one, str) else "、".join(f"{key}（{'、'.join(some)}）" for key, some in one.items())
        for one in case.path
    )


def _said_way(way: list[tuple[str, tuple[str, ...]]]) -> str:
    return " → ".join(f"{name}（{'、'.join(some)}）" for name, some in way) or "没有任何人"
