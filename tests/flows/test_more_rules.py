"""转交加签的范围、撤回后接着走、加签转交的事件、重新问人时期限重新起算。"""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.commands import AddSign, Decide, DropSign, Resume, Transfer, Withdraw
from core.errors import UserError
from core.events import FieldsWanted, TaskOpened, TimerSet
from tests.flows.cast import NOW, act, asked, begin, decide, flow


def task_of(instance, who):
    """Somebody's open task."""
    return next(one for one in instance.open_tasks() if one.assignee == who)


RANGE = """
- {approve: 一审, who: {person: wang}, candidates: {member_of: 财务部}}
"""


@pytest.mark.parametrize("who", ["zhou", "boss"])
def test_who_may_be_asked_is_limited(who):
    """步骤写了 candidates：转交、加签只能选范围里的人，别人当场被拒绝。"""
    definition = flow(RANGE)
    one, _ = begin(definition)
    task = task_of(one, "wang").id
    for command in (Transfer("wang", task, who), AddSign("wang", task, (who,), "before")):
        with pytest.raises(UserError, match="只能选：陈主管、小孙"):
            act(definition, one, command)
    after, _ = act(definition, one, Transfer("wang", task, "chen"))
    assert asked(after) == ["chen"]


def test_a_withdrawal_may_go_on_where_it_was():
    """撤回写 back: straight：改好重新提交后回到撤回时的步骤，前面的同意还算数。"""
    text = "- {approve: 一审, who: {person: wang}}\n- {approve: 二审, who: {person: chen}}\n"
    for back, expected in (("straight", ["chen"]), ("rewalk", ["wang"])):
        definition = flow(text, withdraw={"mend": True, "back": back})
        one, _ = begin(definition)
        one = decide(definition, one, "wang")
        one, _ = act(definition, one, Withdraw("li", "i", "金额写错"))
        assert asked(one) == ["li"]
        one, _ = act(definition, one, Resume("li", "i"))
        assert asked(one) == expected


def test_transfer_and_sign_update_fields():
    """转交、加签也是步骤事件：各自更新字段一次。"""
    definition = flow(
        "- {approve: 一审, who: {person: wang}, on: {transfer: {memo: '1'}, sign: {memo: '2'}}}\n"
    )
    one, _ = begin(definition)
    task = task_of(one, "wang").id
    _, events = act(definition, one, Transfer("wang", task, "chen"))
    assert [e.when for e in events if isinstance(e, FieldsWanted)] == ["一审.transfer"]
    _, events = act(definition, one, AddSign("wang", task, ("chen",), "after"))
    assert [e.when for e in events if isinstance(e, FieldsWanted)] == ["一审.sign"]


def test_the_time_of_a_task_that_is_asked_again_begins_anew():
    """退回发起人三天后直接送回：二审的期限从送回那一刻重新算，退回期间不计时。"""
    definition = flow(
        "- {approve: 一审, who: {person: wang}}\n"
        "- {approve: 二审, who: {person: chen}, due: {hours: 8, before: [2]}}\n"
    )
    one, _ = begin(definition)
    one = decide(definition, one, "wang")
    first = task_of(one, "chen")
    assert first.due_at == NOW + timedelta(hours=8)
    back = Decide("chen", first.id, "return", "补发票", to="initiator", back="straight")
    one, _ = act(definition, one, back, now=NOW + timedelta(hours=7))
    later = NOW + timedelta(days=3)
    one, events = act(definition, one, Resume("li", "i"), now=later)
    again = next(e for e in events if isinstance(e, TaskOpened))
    assert again.due_at == later + timedelta(hours=8)
    times = [e.due_at for e in events if isinstance(e, TimerSet)]
    assert times == [later + timedelta(hours=8), later + timedelta(hours=6)]


def test_seats_beside_and_taking_one_back():
    """会签中并加签：新加的人也要同意；减签后不再等他，只有加签的一方能减。"""
    definition = flow("- {approve: 评审, who: {people: [wang, chen]}, vote: all}\n")
    one, _ = begin(definition)
    one, _ = act(definition, one, AddSign("wang", task_of(one, "wang").id, ("liu", "sun"), "beside"))
    assert asked(one) == ["wang", "chen", "liu", "sun"]
    one = decide(definition, decide(definition, one, "wang"), "sun")
    with pytest.raises(UserError, match="只有加签的人"):
        act(definition, one, DropSign("zhou", task_of(one, "liu").id))
    one, _ = act(definition, one, DropSign("chen", task_of(one, "liu").id))
    assert asked(one) == ["chen"]
    assert decide(definition, one, "chen").state.value == "approved"


def test_taking_back_whom_one_asked_first():
    """前加签后减签：轮回到自己；已经表态的不能减。"""
    definition = flow("- {approve: 一审, who: {person: wang}}\n")
    one, _ = begin(definition)
    one, _ = act(definition, one, AddSign("wang", task_of(one, "wang").id, ("liu", "chen"), "before"))
    spoken = task_of(one, "chen").id
    one = decide(definition, one, "chen")
    with pytest.raises(UserError, match="同意"):
        act(definition, one, DropSign("wang", spoken))
    one, _ = act(definition, one, DropSign("wang", task_of(one, "liu").id))
    assert asked(one) == ["wang"]


def test_taking_back_below_one_who_agreed_wakes_who_waits_above():
    """前加签的人同意并后加签，再减签：最上面等着的人轮到了（随机测试 16744 号种子发现的停摆）。"""
    definition = flow("- {approve: 一审, who: {person: wang}}\n")
    one, _ = begin(definition)
    one, _ = act(definition, one, AddSign("wang", task_of(one, "wang").id, ("liu",), "before"))
    one, _ = act(definition, one, AddSign("liu", task_of(one, "liu").id, ("chen",), "after"))
    assert asked(one) == ["chen"]
    one, _ = act(definition, one, DropSign("liu", task_of(one, "chen").id))
    assert asked(one) == ["wang"]
