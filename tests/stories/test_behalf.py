"""代发起: an administrator fills the form page in for somebody else. On both databases."""

from __future__ import annotations

from core import commands as c
from core.commands import SYSTEM
from core.queries.flows import document
from core.queries.pages import draft_json
from tests.company import Company
from tests.stories.test_flows import SIMPLE, asked, look, ok, publish

SENT = {"name": "新产线", "amount": "1"}
SAID = "小孙（由赵总代发起）"


def draft_of(company: Company, person: str) -> str:
    """A new draft of the project."""
    return str(ok(company, c.OpenDraft(person, "project", "console"))["draft_id"])


async def test_a_draft_is_started_for_somebody(company: Company):
    """赵总代小孙填：草稿记得代谁；发起人是小孙，审批人是小孙的上级，卡片、轨迹和审计都说由谁代。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}, returns: {{back: straight}}}}\n")
    id_ = draft_of(company, "zhao")
    ok(company, c.SaveDraft("zhao", id_, SENT, on_behalf="sun"))
    ok(company, c.SaveDraft("zhao", id_, {"memo": "急"}))
    assert company.read(lambda uow: draft_json(uow, id_, "zhao"))["on_behalf"] == "sun"
    outcome = company.perform(c.SubmitDraft("zhao", id_))
    assert outcome.ok and outcome.message.startswith("已代小孙提交"), outcome
    await company.settle()
    one = look(company, str(company.read(lambda uow: uow.drafts.load(id_)).instance_id))
    assert (one.initiator, one.started_by, asked(company, one)) == ("sun", "zhao", ["chen"])
    record = company.read(lambda uow: uow.records.load(uow.shelf.form("project").form, one.record_id))
    assert record.created_by == "sun"
    assert SAID in company.phone("chen").card.body
    found = company.read(lambda uow: document(uow, one))
    assert (found["initiator"], found["timeline"][0]["who"], found["steps"][0]["text"]) == (SAID, SAID, SAID)
    await company.phone("chen").clicks("同意")
    assert any(SAID in card.body for card in company.phone("sun").cards)


async def test_the_applicant_is_who_it_is_for(small: Company):
    """只读的「申请人」默认是我：代小李填时是小李，页面带来的赵总不算。"""
    id_ = str(ok(small, c.OpenDraft("zhao", "leave_request", "console"))["draft_id"])
    sent = {"applicant": "zhao", "kind": "事假", "first_day": "2026-12-01", "last_day": "2026-12-01"}
    more = {"reason": "搬家", "standin": "zhou"}
    made = ok(small, c.SubmitDraft("zhao", id_, {**sent, **more}, on_behalf="li"))
    form = small.read(lambda uow: uow.shelf.form("leave_request").form)
    assert small.read(lambda uow: uow.records.load(form, made["record_id"])).values["applicant"] == "li"


async def test_what_came_back_is_mended_by_the_initiator(company: Company):
    """退回给小孙，不是代填的赵总；小孙改后重交，仍是小孙的单。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    id_ = draft_of(company, "zhao")
    ok(company, c.SubmitDraft("zhao", id_, SENT, on_behalf="sun"))
    one = look(company, str(company.read(lambda uow: uow.drafts.load(id_)).instance_id))
    ok(company, c.Decide("chen", one.open_tasks()[0].id, "return", "金额不对"))
    assert asked(company, one) == ["sun"]
    await company.settle()
    assert any("退回修改" in card.title for card in company.phone("sun").cards)
    assert company.perform(c.SubmitDraft("zhao", id_)).code == "not_allowed"
    ok(company, c.SubmitDraft("sun", id_, {"amount": "2"}))
    assert asked(company, one) == ["chen"]


async def test_who_may_not(company: Company):
    """不是管理员不能代；代离职或不存在的人也不行；草稿原样留着，改回给自己填就能交。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    own = draft_of(company, "li")
    for command in (
        c.SaveDraft("li", own, SENT, on_behalf="sun"),
        c.SubmitDraft("li", own, SENT, on_behalf="sun"),
    ):
        outcome = company.perform(command)
        assert (outcome.code, outcome.message) == ("not_allowed", "只有系统管理员可以代别人发起。")
    id_ = draft_of(company, "zhao")
    lost = company.perform(c.SubmitDraft("zhao", id_, SENT, on_behalf="nobody"))
    assert (lost.code, lost.message) == ("unknown_person", "没有找到要代发起的人，或者此人已离职。")
    ok(company, c.SaveDraft("zhao", id_, SENT, on_behalf="sun"))
    ok(company, c.SubmitDraft("zhao", id_, on_behalf=""))
    one = look(company, str(company.read(lambda uow: uow.drafts.load(id_)).instance_id))
    assert (one.initiator, one.started_by) == ("zhao", "")


async def test_the_system_is_not_named_beside_the_initiator(small: Company):
    """程序代人建单时不写「由系统代发起」。"""
    publish(small, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    made = ok(small, c.CreateRecord(SYSTEM, "project", SENT, on_behalf="sun"))
    assert look(small, str(made["instance_id"])).started_by == ""


async def test_what_a_program_made_comes_back_as_a_card_to_mend(company: Company):
    """接口建的单据没有填写卡片；退回时发起人照样收到一张可改的卡片。"""
    publish(company, f"{SIMPLE}  - {{approve: 审核, who: {{manager: 1}}}}\n")
    made = ok(company, c.CreateRecord("li", "project", SENT))
    await company.settle()
    task = look(company, made["instance_id"]).open_tasks()[0]
    ok(company, c.Decide("wang", task.id, "return", "金额不对"))
    await company.settle()
    card = company.phone("li").card
    assert card.title == "立项（退回修改）" and "金额不对" in card.body and card.inputs, card
