"""One sentence fills a draft on either platform; the card is there to confirm, what was not understood is said."""

from __future__ import annotations

from bot.cards import Text
from tests.company import Company


async def test_a_claim_in_one_sentence(company: Company) -> None:
    """小李 writes 报销 打车 86.5 昨天 客户拜访, looks at the card and presses 提交."""
    li = company.phone("li")
    answer = await li.says("报销 打车 86.5 昨天 客户拜访")

    assert isinstance(answer.message, Text)
    said = answer.message.text.splitlines()
    assert said[0].startswith("已填进「费用报销」草稿")
    assert {"明细·类别：交通", "明细·金额：86.50", "明细·日期：2026-11-23", "事由：客户拜访"} <= set(said)
    shown = {one.label: one.value for one in li.card.fields}
    assert shown["明细"] == "2026-11-23 交通 86.50"
    assert next(one.value for one in li.card.inputs if one.key == "reason") == "客户拜访"

    await li.clicks("提交")
    assert "86.50" in str(company.phone("wang").card)


async def test_what_is_not_understood_is_said(company: Company) -> None:
    """A figure with three decimals is not rounded silently; nothing is filed before 提交."""
    answer = await company.phone("li").says("报销 86.555")
    assert isinstance(answer.message, Text)
    assert "没有填：「86.555」：明细·金额最多 2 位小数" in answer.message.text
    assert "一项也没有填上" in answer.message.text


async def test_the_same_on_wecom(company: Company) -> None:
    """陈主管 is on WeCom: the same words, the card shows what the page will hold."""
    who = next(
        one.id
        for one in company.people.people.values()
        if one.active and any(i.platform == "wecom" for i in one.identities)
    )
    phone = company.phone(who, "wecom")
    await phone.says("请假 年假 11月26日到12月2日 回老家")
    values = company.read(lambda uow: uow.drafts.load(uow.life.open_drafts(who, 1)[0]["id"]).values)
    assert values["kind"] == "年假"
    assert (values["first_day"], values["last_day"]) == ("2026-11-26", "2026-12-02")
    assert values["reason"] == "回老家"
