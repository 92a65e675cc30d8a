"""发起表单的字段权限、唯一管理员的干预、工作日历提前提醒、发布前走用例、公司常用意见。"""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core import commands as c
from core.commands import SYSTEM
from core.errors import Invalid
from core.flows.calendarwatch import watch_calendar
from core.queries import trail
from core.queries.forms import draft_page
from core.queries.phrases import phrases
from core.workdays import csv_of, days_from_csv, unknown_year
from core.worktime import WorkCalendar
from tests.company import SHANGHAI, SUITES, Company


def draft_of(company: Company, form: str, person: str = "li") -> str:
    """A fresh draft."""
    return str(company.perform(c.OpenDraft(person, form)).data["draft_id"])


async def test_fields_of_later_steps_are_not_on_the_first_form(small: Company):
    """采购单首次打开没有「供应商」等后面步骤的字段；硬传也不收，并说清由哪一步填。"""
    id_ = draft_of(small, "office_purchase")
    page = small.read(lambda uow: draft_page(uow, uow.drafts.load(id_)))
    keys = {one["key"] for one in page["form"]["fields"]}
    assert {"purpose", "needed_on", "items", "estimate"} <= keys
    assert not keys & {"vendor", "quoted", "order_no", "accepted", "stock_no"}
    rows = [{"thing": "展架", "qty": "4", "price": "3000"}]
    values = {"purpose": "展台", "needed_on": "2026-12-20", "items": rows}
    refused = small.perform(c.SubmitDraft("li", id_, {**values, "vendor": "自己挑的"}))
    assert [one.message for one in refused.problems] == ["发起时不能填写「供应商」，由「询价比价」填写"]
    api = small.perform(c.CreateRecord("li", "office_purchase", {**values, "vendor": "自己挑的"}))
    assert api.code == "invalid"
    assert small.perform(c.SubmitDraft("li", draft_of(small, "office_purchase"), values)).ok


async def test_the_only_administrator_confirms_with_the_reason_once_more(small: Company):
    """公司只有一位管理员：独自确认要把原因原样再写一遍，并留下一条异常；有第二位时不行。"""
    instance = await small.submit_claim()
    asked = small.perform(c.AskIntervention("zhao", instance, "end", "重复提交"))
    wish = str(asked.data["intervention_id"])
    assert small.perform(c.AnswerIntervention("zhao", wish, True)).code == "reason_again"
    assert small.perform(c.AnswerIntervention("zhao", wish, True, "重复")).code == "reason_again"
    assert small.perform(c.AnswerIntervention("zhao", wish, True, "重复提交")).ok
    assert small.read(lambda uow: uow.instances.load(instance)).state.value == "ended"
    notes = [one.text for one in small.read(lambda uow: uow.incidents.list("open"))]
    assert any("唯一的系统管理员" in one and "重复提交" in one for one in notes)


async def test_an_administrator_hears_of_a_missing_year_in_time(small: Company):
    """11 月起没有下一年节假日就是一条异常；导入 CSV 后自动关闭。"""
    small.store.submit(watch_calendar).result()
    kinds = [one.kind for one in small.read(lambda uow: uow.incidents.list("open"))]
    assert kinds.count("calendar_unknown") == 1
    days = days_from_csv("日期,状态\n2027-02-06,休息\n2027/2/20,上班\n")
    assert small.perform(c.SetWorkdays("zhao", days)).ok
    small.store.submit(watch_calendar).result()
    assert "calendar_unknown" not in [o.kind for o in small.read(lambda uow: uow.incidents.list("open"))]
    assert small.read(lambda uow: uow.calendar.is_workday(date(2027, 2, 20)))


@pytest.mark.parametrize(
    ("now", "year"),
    [("2026-10-31", 0), ("2026-11-01", 2027), ("2027-03-01", 2027), ("2028-01-01", 2028)],
)
def test_when_a_year_is_missed(now: str, year: int):
    """表里最后一年是 2026：2026 年 11 月开始提醒 2027 年，过了年继续提醒当年。"""
    moment = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    assert unknown_year(WorkCalendar(SHANGHAI), moment, last=2026) == year
    own = WorkCalendar(SHANGHAI, {date(2027, 2, 6): False, date(2028, 1, 3): False})
    assert unknown_year(own, moment, last=2026) == 0


def test_lines_of_a_sheet_that_cannot_be_read_are_named():
    """一行看不懂，整张表都不收，并指出是哪一行。"""
    with pytest.raises(Invalid) as refused:
        days_from_csv("2027-02-06,休息\n春节,休\n2027-13-01,上班\n")
    assert [one.path for one in refused.value.problems] == ["2", "3"]
    assert days_from_csv(csv_of({"2027-02-06": False, "2027-02-20": True})) == {
        "2027-02-06": "rest",
        "2027-02-20": "work",
    }


async def test_cases_are_walked_before_a_flow_is_published(small: Company):
    """流程定义里的用例走得不一样就不能发布，说明期望和实际；走得对就发布。"""
    text = (SUITES / "office" / "expense.yaml").read_text(encoding="utf-8")
    refused = small.perform(c.Publish(SYSTEM, text.replace("if: 合计 > 5000", "if: 合计 > 90000")))
    assert refused.message == "流程的用例没有全部通过，没有发布。"
    assert any("期望经过 直属上级（王经理） → 财务主管（陈主管）" in one.message for one in refused.problems)
    done = small.perform(c.Publish(SYSTEM, text.replace("title: 费用报销审批", "title: 报销")))
    assert done.ok and "用例 4 个全部通过" in done.message


async def test_usual_opinions_are_ones_own_and_the_companys(small: Company):
    """自己的排在前面，公司的对所有人；只有管理员能改公司的。"""
    assert small.perform(c.KeepPhrases("wang", "approve", ("同意，注意控制", "同意"))).ok
    assert small.perform(c.KeepPhrases("wang", "approve", ("全公司",), company=True)).code == "not_allowed"
    assert small.perform(c.KeepPhrases("zhao", "approve", ("同意", "按制度执行"), company=True)).ok
    wang = small.read(lambda uow: phrases(uow, "wang"))
    assert wang["approve"] == ["同意，注意控制", "同意", "按制度执行"]
    assert small.read(lambda uow: phrases(uow, "li"))["approve"] == ["同意", "按制度执行"]


BRANCH_AFTER_EVENT = """
flow: expense_approval
title: 费用报销审批
form: expense_claim
steps:
  - approve: 直属上级
    who: {manager: 1}
    on: {approve: {事由: '"加急"'}}
  - branch: exclusive
    paths:
      - {name: 加急, if: 事由 == "加急", steps: [{approve: 财务主管, who: {role: 财务主管}}]}
      - {name: 普通, otherwise: true, steps: []}
"""


async def test_a_branch_sees_what_the_event_before_it_wrote(small: Company):
    """审批通过时更新字段，紧跟着的分支按新值走，单据里也是新值。"""
    assert small.perform(c.Publish(SYSTEM, BRANCH_AFTER_EVENT)).ok
    id_ = await small.submit_claim()
    task = small.open_tasks("wang")[0]
    assert small.perform(c.Decide("wang", task, "approve")).ok
    one = small.read(lambda uow: uow.instances.load(id_))
    assert [task.assignee for task in one.open_tasks()] == ["chen"]
    form = small.read(lambda uow: uow.shelf.form("expense_claim").form)
    assert small.read(lambda uow: uow.records.load(form, one.record_id)).values["reason"] == "加急"


async def test_help_begins_with_what_one_uses(small: Company):
    """帮助菜单：先是自己最近用过的表单，每张带口令；审计和概览说步骤名、流程名，不说内部标识。"""
    li = small.phone("li", "dingtalk")
    rows = [{"thing": "展架", "qty": "4", "price": "3000"}]
    values = {"purpose": "展台", "needed_on": "2026-12-20", "items": rows}
    assert small.perform(c.CreateRecord("li", "office_purchase", values)).ok
    card = (await li.says("帮助")).message
    assert [one.text for one in card.buttons][:1] == ["采购申请单"]
    assert card.fields[0].value.startswith("采购（采购申请单）、")
    said = [one["text"] for one in small.read(lambda uow: trail.page(uow, None, 200))["rows"]]
    assert "发起流程「采购审批」（版本 1）" in said
    assert "进入步骤「部门负责人」" in said
    assert not [one for one in said if "office_purchase_approval" in one]


RESTART = """
rule: restart_claims
title: 每周一重新发起撤回的报销
when: {cron: "0 9 * * 1", of: expense_claim}
if: 流程状态 == "withdrawn"
then:
  - flow: {do: start}
"""


async def test_one_running_flow_a_record_and_a_start_by_schedule(small: Company):
    """一张单据同时只有一个流程在走；撤回后可以再发起，也可以由规则按时间表发起。"""
    assert small.perform(c.Publish(SYSTEM, RESTART)).ok
    first = await small.submit_claim()
    record = small.read(lambda uow: uow.instances.load(first)).record_id
    again = small.perform(c.StartFlow("li", "expense_claim", record))
    assert (again.code, "已经在审批中" in again.message) == ("conflict", True)
    assert small.perform(c.Withdraw("li", first)).ok
    assert small.perform(c.StartFlow("li", "expense_claim", record)).ok
    second = small.read(lambda uow: uow.instances.of_record(record))[0]
    assert small.perform(c.Withdraw("li", second.id)).ok
    small.clock.now = datetime(2026, 11, 30, 9, 1, tzinfo=SHANGHAI)
    assert small.perform(c.SweepRule(SYSTEM, "restart_claims")).ok
    third = small.read(lambda uow: uow.instances.of_record(record))[0]
    assert third.id not in (first, second.id) and third.state.value == "running"
    assert (third.initiator, [one.assignee for one in third.open_tasks()]) == ("li", ["wang"])
