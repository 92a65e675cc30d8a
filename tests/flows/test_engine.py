"""The flow engine alone: no store, no network, no clock. Tables of values, and random commands on random trees."""

from __future__ import annotations

import pytest

from core.commands import Decide, Resume, Transfer, Withdraw
from core.errors import Conflict, NotAllowed, UserError
from core.flows.instance import InstanceState, TaskState
from tests.flows.cast import act, asked, begin, decide, flow

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
