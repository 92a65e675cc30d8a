"""提醒 and 图表 over the real wires; on both databases."""

from __future__ import annotations

import io

from PIL import Image

from core.commands import CreateRecord
from core.store.work import UnitOfWork
from tests.company import count
from tests.wire.house import House, labels, today

LONG_AGO = 31.01


async def customer(house: House, **values: str) -> str:
    """A customer of 小李, entered 31 days ago."""
    outcome = await house.perform(
        CreateRecord("li", "customer", {"name": "宏图精密", "grade": "A", "sales": "li", **values}),
        days_ago=LONG_AGO,
    )
    return outcome.data["record_id"]


async def test_a_customer_untouched_for_31_days_is_brought_to_mind_once(house: House):
    """宏图精密 31 天没有跟进：小李收到一张提醒，再查也只有一张；卡片上记录跟进，写进跟进记录。"""
    li = house.phone("li", "dingtalk")
    record = await customer(house)
    await customer(house, name="蓝海", grade="C")

    assert await house.parts.scheduler.sweep() == 1
    card = await li.sees("提醒", holding="宏图精密 已 31 天未跟进")
    assert labels(card)[:3] == ["记录跟进", "延期 7 天", "放入公海"]
    assert await house.parts.scheduler.sweep() == 0
    await house.settled()
    assert len(await li.cards()) == 1

    asked = await li.press("记录跟进")
    assert [one["key"] for one in asked["form"]["fields"]] == ["way", "content"]
    short = await li.click(values={"way": "电话"})
    assert not short["ok"]
    written = await li.press(values={"way": "电话", "content": "约了下周看样"})

    assert written["title"] == "提醒已处理"
    assert "已记录跟进记录" in written["note"]

    def follow_ups(uow: UnitOfWork):
        return uow.records.page(uow.shelf.form("follow_up").form)

    found = house.read(follow_ups)
    assert [(one.values["customer"], one.values["way"], one.values["content"]) for one in found] == [
        (record, "电话", "约了下周看样")
    ]
    assert found[0].created_by == "li"
    assert await house.parts.scheduler.sweep() == 0


async def test_a_snoozed_reminder_and_the_public_pool(house: House):
    """延期 7 天：卡片说到哪天；另一家放入公海，字段就改了。"""
    li = house.phone("li", "dingtalk")
    record = await customer(house)
    await house.parts.scheduler.sweep()
    await li.sees("提醒", holding="宏图精密")
    pressed = await li.press("放入公海")
    assert pressed["title"] == "提醒已处理"
    stored = house.read(lambda uow: uow.records.load(uow.shelf.form("customer").form, record))
    assert stored.values["public"] is True

    await customer(house, name="东方电机")
    assert await house.parts.scheduler.sweep() == 1
    await li.sees("提醒", holding="东方电机")
    pressed = await li.press("延期 7 天")
    assert "已延期 7 天" in pressed["note"]
    assert await house.parts.scheduler.sweep() == 0


async def test_a_chart_is_a_picture_in_the_chat(house: House):
    """输入「图表 费用」：聊天里来一张 PNG，数字来自已提交的报销；两个平台都一样。"""
    rows = [
        {"spent_on": today(-3), "kind": "交通", "amount": "186.5"},
        {"spent_on": today(-2), "kind": "住宿", "amount": "260"},
        {"spent_on": today(-1), "kind": "餐饮", "amount": "48"},
    ]
    await house.perform(CreateRecord("li", "expense_claim", {"reason": "出差苏州", "items": rows}))
    for person, platform in (("li", "dingtalk"), ("wang", "wecom")):
        phone = house.phone(person, platform)
        await phone.say("图表 费用")
        png = await phone.sees_picture()
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert 5_000 < len(png) < 1_000_000
        with Image.open(io.BytesIO(png)) as picture:
            assert 600 <= picture.width <= 2400
            assert 300 <= picture.height <= 2400
            assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10
    assert house.read(lambda uow: count(uow, "SELECT count(*) FROM outbox WHERE state = 'parked'")) == 0


async def test_a_word_without_a_report_offers_what_there_is(cottage: House):
    """输入「图表」：给出可选的图，点一下就来。"""
    wang = cottage.phone("wang", "wecom")
    await wang.say("图表")
    card = await wang.sees("要看哪张图？")
    assert "费用按类别" in labels(card)
    await wang.click("费用按类别")
    assert (await wang.sees_picture()).startswith(b"\x89PNG")
