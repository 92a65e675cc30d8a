"""报销: filled on DingTalk, approved on WeCom, followed on DingTalk again. Each test on both databases."""

from __future__ import annotations

from bot.cards import Tone
from core.commands import SubmitDraft
from tests.company import Company, count


async def test_a_small_claim_needs_only_the_manager(company: Company):
    """小李在钉钉填报销，王经理在企业微信点一次同意，小李的卡片跟着走到「已通过」。"""
    li, wang, chen = (company.phone(one) for one in ("li", "wang", "chen"))

    await li.says("报销")
    assert li.card.title == "费用报销"
    assert li.labels == ["保存并继续"]
    await li.clicks("保存并继续", reason="拜访鸿达", paid_by="公司卡")
    assert "继续填写" in li.card.note

    draft = company.read(lambda uow: uow.cards.by_external("dingtalk", li.newest)).subject_id
    rows = [
        {"spent_on": "2026-11-20", "kind": "交通", "amount": "86.5"},
        {"spent_on": "2026-11-21", "kind": "餐饮", "amount": "120"},
    ]
    outcome = company.perform(SubmitDraft("li", draft, {"items": rows}))
    assert outcome.ok
    await company.settle()

    assert li.card.title == "费用报销 审批中"
    assert "等待 王经理" in li.card.body
    assert wang.card.title == "小李的费用报销等您审批"
    assert [one.value for one in wang.card.fields if one.label == "合计"] == ["206.50 元"]

    await wang.clicks("同意")

    assert wang.card.tone is Tone.DONE
    assert wang.card.buttons == ()
    assert "已由王经理于 11-24 09:00 同意" in wang.card.note
    assert li.card.title == "费用报销 已通过"
    assert not chen.cards


async def test_above_5000_the_finance_lead_is_asked_too(company: Company):
    """合计超过 5000：王经理之后轮到陈主管；两人都同意才通过，出纳收到抄送。"""
    li, wang, chen, sun = (company.phone(one) for one in ("li", "wang", "chen", "sun"))
    await company.submit_claim(amount="5000.01")

    await wang.clicks("同意")
    assert "等待 陈主管" in li.card.body
    assert chen.card.title == "小李的费用报销等您审批"

    await chen.clicks("同意")
    assert li.card.title == "费用报销 已通过"
    assert sun.card.title.startswith("抄送给您")


async def test_exactly_5000_does_not_go_to_finance(company: Company):
    """条件是大于 5000，5000 整不算。"""
    await company.submit_claim(amount="5000.00")
    await company.phone("wang").clicks("同意")
    assert company.phone("li").card.title == "费用报销 已通过"


async def test_a_refusal_asks_for_its_reason_first(company: Company):
    """拒绝要两下：先问原因，再确认；发起人看到原因。"""
    li, wang = company.phone("li"), company.phone("wang")
    await company.submit_claim()

    await wang.clicks("拒绝")
    assert wang.labels == ["返回", "确认拒绝"]
    await wang.clicks("返回")
    assert wang.labels == ["同意", "拒绝", "退回"]
    await wang.clicks("拒绝")
    await wang.clicks("确认拒绝", reason="票据不全", remark="缺发票")

    assert wang.card.tone is Tone.REFUSED
    assert li.card.title == "费用报销 已拒绝"
    assert "票据不全；缺发票" in li.card.body


async def test_a_returned_claim_is_mended_and_goes_the_same_way_again(company: Company):
    """退回后发起人在原卡片上修改，再次提交后经理重新收到待办。"""
    li, wang = company.phone("li"), company.phone("wang")
    await company.submit_claim()
    await wang.clicks("退回")
    await wang.clicks("确认退回", reason="请修改金额")

    instance = company.read(lambda uow: uow.instances.of_initiator("li"))[0]
    draft = company.read(lambda uow: uow.drafts.of_record(instance.record_id))
    assert instance.state.value == "returned"
    assert draft.values["reason"] == "打车"

    outcome = company.perform(SubmitDraft("li", draft.id, {"reason": "打车去机场"}))
    assert outcome.ok
    await company.settle()
    assert wang.labels == ["同意", "拒绝", "退回"]
    assert any(one.value == "打车去机场" for one in wang.card.fields)
    await wang.clicks("同意")
    assert company.read(lambda uow: uow.instances.load(instance.id)).state.value == "approved"
    assert li.cards


async def test_the_initiator_takes_it_back(company: Company):
    """撤回：经理的卡片变灰，再按也没有效果。"""
    li, wang = company.phone("li"), company.phone("wang")
    await company.submit_claim()
    old, shown = wang.newest, wang.card
    await li.clicks("撤回")

    assert li.card.title == "费用报销 已撤回"
    assert wang.card.buttons == ()
    answer = await company.wecom.press(wang.userid, old, shown.buttons[0], shown.token)
    assert "小李" in answer.message.note


async def test_wrong_values_come_back_with_every_mistake_and_nothing_is_lost(company: Company):
    """将来的费用、没有发票、没有选类别：一次说全；填过的都还在。"""
    li = company.phone("li")
    await li.says("报销")
    draft = company.read(lambda uow: uow.cards.by_external("dingtalk", li.newest)).subject_id
    rows = [
        {"spent_on": "2026-11-20", "amount": "六百"},
        {"spent_on": "2026-11-21", "kind": "飞机", "amount": "700"},
    ]
    outcome = company.perform(SubmitDraft("li", draft, {"reason": "出差", "items": rows}))

    assert not outcome.ok
    assert {one.path for one in outcome.problems} == {
        "items.0.amount",
        "items.0.kind",
        "items.1.kind",
        "invoice",
    }
    kept = company.read(lambda uow: uow.drafts.load(draft))
    assert kept.values["items"][0]["amount"] == "六百"
    assert count_records(company) == 0


def count_records(company: Company) -> int:
    """How many claims there are."""
    return company.read(lambda uow: count(uow, "SELECT count(*) FROM f_expense_claim"))


async def test_a_stranger_is_told_whom_to_ask(company: Company):
    """不在通讯录里的人：礼貌地说明该找谁。"""
    await company.ding.say("somebody", "报销")
    assert company.ding.texts("somebody") == [
        "您好，公司通讯录里还没有您（somebody），所以暂时不能使用。请联系 赵总 把您加进通讯录。"
    ]


async def test_somebody_elses_card_does_nothing(company: Company):
    """转发出去的卡片，别人按了没有效果。"""
    await company.submit_claim()
    wang = company.phone("wang")
    card, shown = wang.newest, wang.card
    answer = await company.wecom.press("ChenJing", card, shown.buttons[0], shown.token)
    assert answer.message.text == "这张卡片是发给别人的，您不能在上面操作。"
    assert company.open_tasks("wang")


async def test_a_forged_token_does_nothing(company: Company):
    """按钮的令牌对不上：不执行，卡片刷新。"""
    await company.submit_claim()
    wang = company.phone("wang")
    answer = await company.wecom.press(
        wang.userid, wang.newest, wang.card.buttons[0], "v1.x.1.9999999999.abc"
    )
    assert "无法核对" in answer.message.note
    assert company.open_tasks("wang")
