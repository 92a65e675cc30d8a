"""Flows through the whole house: cards, timers, automatic steps, 委托, administrators. Each test on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core import commands as c
from core.commands import SYSTEM
from core.flows.instance import Instance
from core.people import Role
from core.queries.flows import document
from core.queries.foresee import foresee
from core.queries.handover import handover
from tests.company import SHANGHAI, Company
from tests.stories.flow_forms import EVERYTHING, PROJECT

PARTS = [{"what": "钢构", "cost": "10"}, {"what": "电气", "cost": "20"}]
SECOND = "  - {approve: 二审, who: {role: 财务主管}}\n"
SIMPLE = "flow: project_flow\ntitle: 立项审批\nform: project\nsteps:\n"


def publish(company: Company, flow: str) -> None:
    """The forms of the stories, with this flow."""
    outcome = company.perform(c.Publish(SYSTEM, f"{PROJECT}---\n{flow}"))
    assert outcome.ok, outcome


async def begin(company: Company, **values: object) -> Instance:
    """小李 hands in a project."""
    sent = {"name": "新产线", "amount": "60000", **values}
    outcome = company.perform(c.CreateRecord("li", "project", sent))
    assert outcome.ok, outcome
    await company.settle()
    return look(company, outcome.data["instance_id"])


def look(company: Company, id_: str) -> Instance:
    """An instance as it is now."""
    found = company.read(lambda uow: uow.instances.load(id_))
    assert found is not None
    return found


def task(company: Company, one: Instance, person: str) -> str:
    """The open task of a person."""
    return next(t.id for t in look(company, one.id).open_tasks() if t.assignee == person)


def asked(company: Company, one: Instance) -> list[str]:
    """Who is asked now."""
    return sorted(t.assignee for t in look(company, one.id).open_tasks())


def ok(company: Company, command: c.Command) -> dict[str, object]:
    """A command that works."""
    outcome = company.perform(command)
    assert outcome.ok, outcome
    return outcome.data


def values(company: Company, form: str, record_id: str) -> dict[str, object]:
    """A record's values."""
    return company.read(lambda uow: uow.records.load(uow.shelf.form(form).form, record_id)).values


async def fire(company: Company) -> None:
    """The clock's tick."""
    await company.parts.scheduler.fire_timers()
    await company.settle()


async def test_everything_that_a_flow_can_do(company: Company):
    """查询、并行、会签、事件、办理必填、子流程逐行、更新、通知、接口回调、等待、新建，一张单走到底。"""
    publish(company, EVERYTHING)
    ok(company, c.CreateRecord(SYSTEM, "level_table", {"name": "新产线", "grade": "A"}))
    one = await begin(company, parts=PARTS)
    assert values(company, "project", one.record_id)["level"] == "A"
    assert asked(company, one) == ["chen", "liu", "wang"]

    await company.phone("wang").clicks("同意")
    await company.phone("chen", "wecom").clicks("同意")
    await company.phone("liu").clicks("同意")
    assert values(company, "project", one.record_id)["memo"] == "业务已会签"
    zhou = company.phone("zhou")
    assert zhou.card.title == "小李的立项等您办理"
    assert "填好了" not in zhou.labels
    assert "金额" not in {row.label for row in zhou.card.fields}

    mine = task(company, one, "zhou")
    ok(company, c.Decide("zhou", mine, "approve", values={"memo": "已核对"}))
    await company.settle()
    children = company.read(lambda uow: uow.instances.children(one.id))
    assert [child.number for child in children] == ["FB-001", "FB-002"]
    assert values(company, "part", children[0].record_id)["parent"] == one.number
    for child in children:
        assert look(company, one.id).active[-1].startswith("subflow")
        ok(company, c.Decide("liu", child.open_tasks()[0].id, "approve"))
    await company.settle()
    assert "项目 新产线 已立项" in company.phone("sun").texts

    hooks = [row for row in company.read(lambda uow: uow.outbox.list()) if row.kind == "webhook"]
    callback = hooks[0].body["payload"]["callback"].rpartition("/")[2]
    assert hooks[0].body["payload"]["data"] == {"金额": "60000.00"}
    assert company.perform(c.AnswerCallback(SYSTEM, "forged-token-forged-token")).code == "not_found"
    ok(company, c.AnswerCallback(SYSTEM, callback, {"note": "ERP 已记"}))
    assert company.perform(c.AnswerCallback(SYSTEM, callback)).code == "not_found"
    assert values(company, "project", one.record_id)["memo"] == "ERP 已记"

    await fire(company)
    assert look(company, one.id).state.value == "running"
    company.clock.forward(days=1, hours=1)
    await fire(company)
    assert look(company, one.id).state.value == "approved"
    assert values(company, "project", one.record_id)["outcome"] == "批准"
    grades = company.read(
        lambda uow: [r.values["grade"] for r in uow.records.page(uow.shelf.form("level_table").form)]
    )
    assert sorted(grades) == ["已立项", "归档"]
    picture = company.read(lambda uow: document(uow, look(company, one.id)))
    assert {step["state"] for step in picture["steps"]} == {"done"}


async def test_a_failing_step_comes_to_the_administrator(company: Company):
    """自动步骤失败：什么都没写进去，管理员收到卡片和异常，修好后重试，流程继续。"""
    step = "  - {create: {form: part, name: 建分包, map: {cost: 项目}}}\n"
    publish(company, f"{SIMPLE}{step}")
    one = await begin(company)
    zhao = company.phone("zhao")
    assert zhao.card.title == "小李的立项的自动步骤失败，请处理"
    assert [i.kind for i in company.read(lambda uow: uow.incidents.list("open"))] == ["step_failed"]
    await zhao.clicks("重试")
    assert asked(company, one) == ["zhao"]
    await company.phone("zhao").clicks("结束流程")
    await company.phone("zhao").clicks("确认结束流程")
    assert look(company, one.id).state.value == "rejected"


async def test_time_runs_by_the_working_calendar(company: Company):
    """周五下午的 4 小时到周一；到期前提醒，到期升级给上级；改了日历就按新的算。"""
    company.clock.now = datetime(2026, 11, 27, 16, 0, tzinfo=SHANGHAI)
    publish(
        company,
        f"{SIMPLE}  - {{approve: 审核, who: {{role: 财务主管}}, due: {{hours: 4, before: [1], then: escalate}}}}\n",
    )
    one = await begin(company)
    due = look(company, one.id).tasks[0].due_at
    assert due is not None
    assert due.astimezone(SHANGHAI) == datetime(2026, 11, 30, 11, 0, tzinfo=SHANGHAI)
    cards = len(company.phone("chen").cards)
    company.clock.now = datetime(2026, 11, 30, 10, 1, tzinfo=SHANGHAI)
    await fire(company)
    assert len(company.phone("chen").cards) == cards + 1
    company.clock.now = datetime(2026, 11, 30, 11, 1, tzinfo=SHANGHAI)
    await fire(company)
    assert asked(company, one) == ["zhao"]
    assert "转交" in company.phone("chen").card.note

    ok(company, c.SetWorkdays("zhao", {"2026-12-01": "rest"}, "08:00-12:00"))
    company.clock.now = datetime(2026, 11, 30, 11, 0, tzinfo=SHANGHAI)
    later = await begin(company)
    due = look(company, later.id).tasks[0].due_at
    assert due is not None
    assert due.astimezone(SHANGHAI) == datetime(2026, 12, 2, 11, 0, tzinfo=SHANGHAI)


async def test_a_deputy_decides_in_their_scope_and_time(company: Company):
    """委托：范围内的给代理人，卡片和办理记录写明代谁；范围外和结束后还是本人。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    now = company.clock()
    one = await begin(company)
    assert asked(company, one) == ["wang"]
    made = c.Delegate("wang", "wang", "liu", now, now + timedelta(days=3), ("project_flow",), open_too=True)
    delegation = str(ok(company, made)["delegation_id"])
    assert asked(company, one) == ["liu"]
    two = await begin(company)
    assert "您代王经理处理" in company.phone("liu").card.body
    outside = await company.submit_claim()
    assert [t.assignee for t in look(company, outside).open_tasks()] == ["wang"]
    await company.phone("liu").clicks("同意")
    row = company.read(lambda uow: document(uow, look(company, two.id)))["timeline"][1]
    assert row["who"] == "刘主管（代王经理）"
    ok(company, c.EndDelegation("wang", delegation))
    assert asked(company, await begin(company)) == ["wang"]
    assert not company.perform(replace(made, actor="li")).ok


async def test_an_intervention_needs_a_second_person(company: Company):
    """干预：提出的人不能自己确认；第二位管理员同意后才生效，都在审计里。"""
    publish(
        company,
        f"{SIMPLE}  - {{approve: 一审, who: {{manager: 1}}}}\n  - {{approve: 二审, who: {{role: 财务主管}}}}\n",
    )
    admins = {**company.people.roles, "admin": Role("admin", "系统管理员", ("zhao", "chen"))}
    ok(company, c.ReplaceDirectory(SYSTEM, replace(company.people, roles=admins)))
    one = await begin(company)
    assert not company.perform(c.AskIntervention("li", one.id, "end", "不想要了")).ok
    wish = str(
        ok(company, c.AskIntervention("zhao", one.id, "jump", "王经理出差", step="二审"))["intervention_id"]
    )
    assert asked(company, one) == ["wang"]
    assert company.perform(c.AnswerIntervention("zhao", wish, yes=True)).code == "not_allowed"
    ok(company, c.AnswerIntervention("chen", wish, yes=True))
    assert asked(company, one) == ["chen"]
    assert company.perform(c.AnswerIntervention("chen", wish, yes=True)).code == "conflict"
    events = [row.action for row in company.read(lambda uow: uow.audit.of(f"instance:{one.id}"))]
    assert {"InterventionAsked", "Intervened", "StepsInterrupted"} <= set(events)


async def test_who_leaves_hands_everything_over(company: Company):
    """离职交接：先看清单，再一次交完；待办、角色、部门、下属都归接手的人。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    one = await begin(company)
    before = company.read(lambda uow: handover(uow, "wang"))
    assert (len(before["tasks"]), before["departments"]) == (1, ["销售部"])
    assert "销售经理" in before["roles"]
    assert sorted(before["reports"]) == ["小周", "小李"]
    ok(company, c.HandOver("zhao", "wang", "liu"))
    await company.settle()
    assert asked(company, one) == ["liu"]
    assert company.people.holders("sales_manager") == ("liu",)
    assert company.people.manager("li") == "liu"
    assert company.read(lambda uow: handover(uow, "wang"))["tasks"] == []


async def test_a_return_on_the_card_says_where_to(company: Company):
    """退回时在卡片上选退到哪一步；会签里退回的人改后直接收到，别人的同意还算数。"""
    steps = """  - {approve: 一审, who: {manager: 1}}
  - {approve: 会签, who: {people: [刘建国, 陈静]}, vote: all, returns: {back: straight}}
"""
    publish(company, SIMPLE + steps)
    one = await begin(company)
    await company.phone("wang").clicks("同意")
    await company.phone("liu").clicks("同意")
    chen = company.phone("chen")
    await chen.clicks("退回")
    where = next(entry for entry in chen.card.inputs if entry.key == "where")
    assert [option.text for option in where.options] == ["发起人", "一审"]
    await chen.clicks("确认退回", where="一审", reason="请补充说明")
    assert asked(company, one) == ["wang"]
    await company.phone("wang").clicks("同意")
    assert asked(company, one) == ["chen"]
    await company.phone("chen").clicks("同意")
    assert look(company, one.id).state.value == "approved"


async def test_urging_and_remarks_reach_people(company: Company):
    """催办让卡片再来一次，半小时内只催一次；评论里提到的人收到消息，外人不能评论。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    one = await begin(company)
    cards = len(company.phone("wang").cards)
    ok(company, c.Urge("li", one.id))
    await company.settle()
    assert len(company.phone("wang").cards) == cards + 1
    assert company.perform(c.Urge("li", one.id)).code == "urged_already"
    ok(company, c.Remark("wang", one.id, "预算够吗？", ("chen",)))
    await company.settle()
    assert "预算够吗？" in company.phone("chen").texts[-1]
    assert company.perform(c.Remark("wu", one.id, "路过")).code == "not_found"
    await company.phone("wang").clicks("同意")
    assert look(company, one.id).state.value == "approved"


async def test_several_tasks_at_once_with_safety_stops(company: Company):
    """批量同意：必填、要原因、要逐件的留下并说明；别人的待办不动。"""
    steps = "  - {approve: 审核, who: {manager: 1}, batch: false}\n"
    publish(company, SIMPLE + steps)
    careful = await begin(company)
    await company.submit_claim()
    other = await company.submit_claim(by="sun")
    mine = company.open_tasks("wang")
    foreign = look(company, other).open_tasks()[0].id
    outcome = company.perform(c.DecideMany("wang", (*mine, foreign), "approve"))
    assert outcome.ok
    assert outcome.data["done"] == 1
    reasons = {one["task_id"]: one["reason"] for one in outcome.data["left"]}
    assert "逐件" in reasons[task(company, careful, "wang")]
    assert "陈主管" in reasons[foreign]


async def test_who_will_approve_is_told_before_it_is_handed_in(small: Company):
    """提交前预览：按填写的内容告诉谁会审批；自选的步骤要先选。"""
    steps = """  - {approve: 上级, who: {manager: 1}}
  - branch: exclusive
    paths:
      - {if: 金额 > 50000, steps: [{approve: 总经理, who: {role: 总经理}}]}
      - {otherwise: true, steps: []}
  - {approve: 自选, who: {pick: initiator, among: [{role: 财务主管}, {role: 出纳}]}}
"""
    publish(small, SIMPLE + steps)

    def ahead(amount: str) -> dict[str, object]:
        raw = {"name": "x", "amount": amount}
        return small.read(lambda uow: foresee(uow, "project", "li", raw, {"自选": ("sun",)}))

    found = ahead("60000")
    assert [(one["name"], one["people"]) for one in found["steps"]] == [
        ("上级", ["王经理"]),
        ("总经理", ["赵总"]),
        ("自选", ["小孙"]),
    ]
    assert found["picks"][0]["among"] == [{"id": "chen", "name": "陈主管"}, {"id": "sun", "name": "小孙"}]
    assert [one["name"] for one in ahead("50000")["steps"]] == ["上级", "自选"]
    sent = {"name": "x", "amount": "1"}
    assert small.perform(c.CreateRecord("li", "project", sent)).code == "pick_missing"
    made = ok(small, c.CreateRecord("li", "project", sent, {"自选": ("sun",)}))
    await small.settle()
    await small.phone("wang").clicks("同意")
    assert asked(small, look(small, str(made["instance_id"]))) == ["sun"]
    assert small.read(lambda uow: uow.instances.page())[0]["id"] == made["instance_id"]


@pytest.mark.parametrize("admin", ["zhao"])
async def test_an_administrator_starts_for_somebody(small: Company, admin: str):
    """代发起：发起人是被代的人，审计里是管理员；别人不能代。"""
    publish(small, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    sent = {"name": "x", "amount": "1"}
    made = ok(small, c.CreateRecord(admin, "project", sent, on_behalf="sun"))
    one = look(small, str(made["instance_id"]))
    assert (one.initiator, asked(small, one)) == ("sun", ["chen"])
    assert small.perform(c.CreateRecord("li", "project", sent, on_behalf="sun")).code == "not_allowed"


async def test_a_deputy_is_named_in_the_chat(small: Company):
    """在聊天里委托：手上的待办跟着走，再说一句就收回。"""
    publish(small, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    wang = small.phone("wang")
    one = await begin(small)
    answer = await wang.says("委托 刘主管 3天")
    assert "已委托给刘主管，到 11-27 09:00 为止" in answer.message.text
    assert asked(small, one) == ["liu"]
    assert "刘主管" in str((await wang.says("委托")).message.fields)
    assert "没有找到" in (await wang.says("委托 张三")).message.text
    assert (await wang.says("委托 结束")).message.text == "已结束 1 条委托。"
    assert asked(small, await begin(small)) == ["wang"]


async def test_a_flow_over_a_record_that_is_there(small: Company):
    """已有的单据再发起：同时只有一个流程；拒绝之后可以再发起；别人不能替他发起。"""
    publish(small, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    one = await begin(small)
    again = c.StartFlow("li", "project", one.record_id)
    assert small.perform(again).code == "conflict"
    ok(small, c.Decide("wang", task(small, one, "wang"), "reject", "重来"))
    assert small.perform(replace(again, actor="zhou")).code == "not_found"
    second = str(ok(small, replace(again, actor=SYSTEM))["instance_id"])
    assert (look(small, second).initiator, asked(small, look(small, second))) == ("li", ["wang"])


async def test_who_left_with_tasks_is_an_incident(small: Company):
    """人离职了，手上的待办不会没人管：管理员看到异常。"""
    publish(small, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    one = await begin(small)
    people = dict(small.people.people)
    people["wang"] = replace(people["wang"], active=False)
    ok(small, c.ReplaceDirectory(SYSTEM, replace(small.people, people=people)))
    assert [
        i.object for i in small.read(lambda uow: uow.incidents.list("open")) if i.kind == "owner_left"
    ] == ["person:wang"]
    ok(small, c.HandOver("zhao", "wang", "liu"))
    assert asked(small, one) == ["liu"]
