"""The flow engine alone: no store, no network, no clock. Tables of values, and random commands on random trees."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from core.commands import Command, Decide, Resume, Start, Transfer, Withdraw
from core.errors import Conflict, NotAllowed, UserError
from core.events import FlowEvent
from core.flows.definition import Flow
from core.flows.engine import advance
from core.flows.instance import OPEN_STATES, Instance, InstanceState, TaskState
from core.flows.state import apply
from core.people import Department, Directory, Person, Role

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

PEOPLE = Directory(
    people={
        "boss": Person("boss", "赵总", department="top"),
        "wang": Person("wang", "王经理", department="sales", manager="boss"),
        "li": Person("li", "小李", department="sales", manager="wang"),
        "chen": Person("chen", "陈主管", department="finance", manager="boss"),
        "gone": Person("gone", "离职的人", active=False),
    },
    departments={
        "top": Department("top", "总经办", head="boss"),
        "sales": Department("sales", "销售部", "top", "wang"),
        "finance": Department("finance", "财务部", "top", "chen"),
    },
    roles={
        "finance": Role("finance", "财务", ("chen", "gone")),
        "admin": Role("admin", "系统管理员", ("boss",)),
        "empty": Role("empty", "空角色", ("gone",)),
    },
)


def flow(text: str) -> Flow:
    """A flow from its steps."""
    return Flow.model_validate({"flow": "f", "form": "x", "steps": yaml.safe_load(text)})


def begin(definition: Flow, initiator: str = "li", **facts: object) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """A started instance."""
    blank = Instance(
        id="i",
        flow="f",
        flow_version=1,
        form="x",
        form_version=1,
        record_id="r",
        number="1",
        title="t",
        initiator=initiator,
        state=InstanceState.RUNNING,
        started_at=NOW,
        facts=facts,
    )
    return act(definition, blank, Start(initiator))


def act(definition: Flow, instance: Instance, command: Command) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """Advance; conditions are Python over the facts, which is all that a test needs."""
    return advance(
        definition, instance, command, NOW, PEOPLE, lambda text, one: bool(eval(text, {}, dict(one.facts)))
    )


def decide(definition: Flow, instance: Instance, who: str, verdict: str = "approve") -> Instance:
    """The verdict of a person on their open task."""
    task = next(one for one in instance.open_tasks() if one.assignee == who)
    return act(definition, instance, Decide(who, task.id, verdict))[0]


def asked(instance: Instance) -> list[str]:
    """Who is asked now."""
    return [one.assignee for one in instance.open_tasks()]


SIMPLE = "- {approve: 上级, who: {manager: 1}}"
BRANCHED = """
- {approve: 上级, who: {manager: 1}}
- branch: exclusive
  paths:
    - {if: total > 5000, steps: [{approve: 财务, who: {role: 财务}}, {approve: 总经理, who: {person: boss}}]}
    - {if: total > 1000, steps: [{approve: 财务抽查, who: {role: 财务}}]}
    - {otherwise: true, steps: []}
- {copy: 抄送, who: {person: boss}}
"""


def test_one_step_is_approved_by_the_manager():
    """直属上级同意，流程结束。"""
    one, _ = begin(flow(SIMPLE))
    assert asked(one) == ["wang"]
    assert decide(flow(SIMPLE), one, "wang").state is InstanceState.APPROVED


@pytest.mark.parametrize(
    ("total", "after_manager"),
    [(6000, ["chen"]), (5000, ["chen"]), (1000.01, ["chen"]), (1000, []), (0, [])],
)
def test_a_branch_takes_the_first_path_that_holds(total: float, after_manager: list[str]):
    """排他分支按顺序取第一条成立的路径。"""
    definition = flow(BRANCHED)
    one, _ = begin(definition, total=total)
    assert asked(decide(definition, one, "wang")) == after_manager


def test_a_long_path_is_walked_to_its_end_then_the_step_after_the_branch():
    """分支里的步骤走完，回到分支之后。"""
    definition = flow(BRANCHED)
    one, _ = begin(definition, total=9000)
    one = decide(definition, one, "wang")
    one = decide(definition, one, "chen")
    assert asked(one) == ["boss"]
    one = decide(definition, one, "boss")
    assert one.state is InstanceState.APPROVED
    assert one.rounds["copy_1"] == 1


@pytest.mark.parametrize(
    ("vote", "verdicts", "state"),
    [
        ("any", [("wang", "approve")], "approved"),
        ("any", [("wang", "reject")], "rejected"),
        ("all", [("wang", "approve")], "running"),
        ("all", [("wang", "approve"), ("chen", "approve")], "approved"),
        ("all", [("wang", "approve"), ("chen", "reject")], "rejected"),
        ("all", [("chen", "reject")], "rejected"),
    ],
)
def test_votes(vote: str, verdicts: list[tuple[str, str]], state: str):
    """或签一人决定；会签一人拒绝即拒绝，全部同意才通过。"""
    definition = flow(f"- {{approve: 两人, who: [{{person: wang}}, {{person: chen}}], vote: {vote}}}")
    one, _ = begin(definition)
    for who, verdict in verdicts:
        one = decide(definition, one, who, verdict)
    assert one.state.value == state
    assert (not one.open_tasks()) == (state != "running")


def test_a_return_goes_to_the_initiator_and_starts_again():
    """退回：其他待办取消，发起人修改后从头再走，轮次加一。"""
    definition = flow("- {approve: 两人, who: [{person: wang}, {person: chen}], vote: all}")
    one, _ = begin(definition)
    one = decide(definition, one, "wang", "return")
    assert one.state is InstanceState.RETURNED
    assert asked(one) == ["li"]
    with pytest.raises(NotAllowed):
        act(definition, one, Resume("wang", "i"))
    one, _ = act(definition, one, Resume("li", "i"))
    assert one.state is InstanceState.RUNNING
    assert sorted(asked(one)) == ["chen", "wang"]
    assert one.rounds["两人"] == 2


def test_a_transferred_task_belongs_to_somebody_else():
    """转交：原处理人不能再处理，新处理人可以。"""
    definition = flow(SIMPLE)
    one, _ = begin(definition)
    task = one.open_tasks()[0]
    one, _ = act(definition, one, Transfer("wang", task.id, "chen"))
    assert asked(one) == ["chen"]
    with pytest.raises(Conflict):
        act(definition, one, Decide("wang", task.id, "approve"))
    assert decide(definition, one, "chen").state is InstanceState.APPROVED


@pytest.mark.parametrize(
    ("to", "code"), [("gone", "unknown_person"), ("nobody", "unknown_person"), ("wang", "same_person")]
)
def test_a_transfer_to_nobody_is_refused(to: str, code: str):
    """不能转交给离职的、不存在的人，或自己。"""
    one, _ = begin(flow(SIMPLE))
    with pytest.raises(UserError) as caught:
        act(flow(SIMPLE), one, Transfer("wang", one.open_tasks()[0].id, to))
    assert caught.value.code == code


def test_nobody_found_goes_to_the_administrator_and_is_told():
    """找不到人：交给系统管理员，并留下事件；写了 skip 就跳过，写了别的人就找别的人。"""
    one, events = begin(flow("- {approve: 空, who: {role: 空角色}}"))
    assert asked(one) == ["boss"]
    assert "NobodyFound" in [type(event).__name__ for event in events]
    skipped, _ = begin(flow("- {approve: 空, who: {role: 空角色}, nobody: {skip: true}}"))
    assert skipped.state is InstanceState.APPROVED
    instead, _ = begin(flow("- {approve: 空, who: {role: 空角色}, nobody: {department_head: true}}"))
    assert asked(instead) == ["wang"]


def test_a_late_press_hears_who_and_when():
    """处理过的待办再点：说清楚谁、几点、怎么处理的。"""
    definition = flow(SIMPLE)
    one, _ = begin(definition)
    task = one.open_tasks()[0]
    one = decide(definition, one, "wang")
    with pytest.raises(Conflict, match=r"已由王经理于 11-24 09:00 同意。"):
        act(definition, one, Decide("wang", task.id, "approve"))


def test_only_the_initiator_withdraws_and_only_while_it_runs():
    """撤回只能由发起人在结束之前做。"""
    definition = flow(SIMPLE)
    one, _ = begin(definition)
    with pytest.raises(NotAllowed):
        act(definition, one, Withdraw("wang", "i"))
    done, _ = act(definition, one, Withdraw("li", "i"))
    assert done.state is InstanceState.WITHDRAWN
    assert all(task.state is TaskState.CANCELLED for task in done.tasks)
    with pytest.raises(Conflict):
        act(definition, done, Withdraw("li", "i"))


def test_a_stale_version_is_refused():
    """卡片上的版本过时，不执行。"""
    one, _ = begin(flow(SIMPLE))
    with pytest.raises(Conflict):
        act(flow(SIMPLE), one, Decide("wang", one.open_tasks()[0].id, "approve", version=7))


# --- properties -------------------------------------------------------------------------------------------------

WHO = [
    "{manager: 1}",
    "{person: boss}",
    "{role: 财务}",
    "{role: 空角色}",
    "[{person: wang}, {person: chen}]",
    "{department_head: true}",
]


def random_steps(dice: random.Random, depth: int, counter: list[int]) -> list[str]:
    """YAML flow-style steps, nested up to `depth` branches."""
    steps = []
    for _ in range(dice.randint(1, 3)):
        counter[0] += 1
        if depth and dice.random() < 0.35:
            one, two = (", ".join(random_steps(dice, depth - 1, counter)) for _ in range(2))
            condition = dice.choice(["total > 5000", "total > 100", "total < 0"])
            steps.append(
                f"{{branch: exclusive, paths: [{{if: {condition}, steps: [{one}]}}, {{otherwise: true, steps: [{two}]}}]}}"
            )
        elif dice.random() < 0.15:
            steps.append(f"{{copy: 抄送{counter[0]}, who: {{person: boss}}}}")
        else:
            vote = dice.choice(["any", "all"])
            steps.append(f"{{approve: 步{counter[0]}, who: {dice.choice(WHO)}, vote: {vote}}}")
    return steps


def random_command(dice: random.Random, one: Instance) -> Command:
    """Something that somebody might try, sensible or not."""
    task = dice.choice(one.tasks)
    who = dice.choice([task.assignee, task.assignee, "li", "wang", "gone", "boss"])
    return dice.choice(
        [
            Decide(who, task.id, dice.choice(["approve", "approve", "approve", "reject", "return"])),
            Transfer(who, task.id, dice.choice(["chen", "boss", "gone", "wang"])),
            Resume("li", "i"),
            Resume(who, "i"),
            Withdraw(who, "i") if dice.random() < 0.1 else Decide(who, task.id, "approve"),
        ]
    )


def test_random_trees_and_commands_never_get_stuck_and_replay_exactly():
    """随机流程 × 随机操作 3000 次：永不卡住，永不两个胜者，重放事件得到同一个状态。"""
    for seed in range(3000):
        dice = random.Random(seed)
        definition = flow("[" + ", ".join(random_steps(dice, 2, [0])) + "]")
        one, log = begin(definition, total=dice.choice([-1, 50, 200, 9000]))
        blank = replace(
            one, state=InstanceState.RUNNING, active=(), rounds={}, taken={}, tasks=(), ended_at=None
        )
        events = list(log)
        for _ in range(25):
            if not one.tasks or one.state not in OPEN_STATES:
                break
            try:
                one, more = act(definition, one, random_command(dice, one))
            except UserError:
                continue
            events += more
        if one.state in OPEN_STATES:
            assert one.open_tasks(), f"seed {seed}: open, and nobody is asked"
            assert all(PEOPLE.active(task.assignee) for task in one.open_tasks()), f"seed {seed}"
        else:
            assert not one.open_tasks(), f"seed {seed}: over, and somebody is still asked"
        rebuilt = blank
        for event in events:
            rebuilt = apply(rebuilt, event)
        assert rebuilt == one, f"seed {seed}: replay differs"
