"""The expense story by hand: two phones on the sandbox page, the H5 form inside one of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.screen import Hands, Screens, newest, phone, webview
from tests.company import count
from tests.wire.house import House, photo

pytestmark = pytest.mark.browser


async def test_from_the_typed_word_to_the_changed_card(town: House, screens: Screens, tmp_path: Path):
    """小李在钉钉手机上说「报销」、填卡片、开页面加两行和照片、提交；王经理在企业微信点同意；小李的卡片变成已通过。"""
    hands = Hands()
    picture = tmp_path / "发票.png"
    picture.write_bytes(photo("#d8e4f0"))
    page = await screens.open(town.box.base, {"width": 1440, "height": 900})
    li, wang = phone(page, "dingtalk"), phone(page, "wecom")
    await li.get_by_role("radio", name="李明").click()
    await wang.get_by_role("radio", name="王强").click()

    await hands.write(li.get_by_label("消息"), "报销")
    await hands.tap(li.get_by_role("button", name="发送"))
    card = newest(li)
    await expect(card.get_by_role("heading")).to_have_text("费用报销")
    await hands.write(card.locator("[data-field=reason] input"), "拜访鸿达")
    await hands.tap(card.get_by_role("button", name="保存并继续"))
    await expect(card).to_contain_text("已保存")
    await screens.shoot(page, "sandbox-1-card")
    await hands.tap(card.get_by_role("button", name="填写明细"))

    form = webview(li)
    await expect(form.get_by_role("heading", name="费用报销")).to_be_visible()
    await expect(form.locator("[data-path=reason] input, [data-path=reason] textarea").first).to_have_value(
        "拜访鸿达"
    )
    for number, (kind, amount) in enumerate((("交通", "86.5"), ("住宿", "520"))):
        if number == 0:
            await hands.tap(form.get_by_role("button", name="添加一条"))
        else:
            await hands.tap(form.get_by_role("button", name="再加一条"))
        row = form.locator(f"[data-path='items.{number}.kind']")
        await hands.tap(row.get_by_text(kind, exact=True))
        await hands.write(form.locator(f"[data-path='items.{number}.amount'] input"), amount)
    await screens.shoot(page, "sandbox-2-row")
    await hands.tap(form.get_by_role("button", name="完成"))
    await expect(form.locator("[data-path=total]")).to_contain_text("606.50")
    await form.locator("[data-path=invoice] input[type=file]").first.set_input_files(picture)
    hands.taps += 2  # the album button and the picture
    await expect(form.locator("[data-path=invoice] img")).to_be_visible()
    await screens.shoot(page, "sandbox-3-form")
    await hands.tap(form.get_by_role("button", name="提交"))
    await expect(form.get_by_text(re.compile("BX-\\d{6}-0001")).first).to_be_visible()
    await screens.shoot(page, "sandbox-4-done")
    await li.get_by_role("button", name="返回聊天").click()
    hands.taps += 1

    await expect(newest(li).get_by_role("heading")).to_have_text("费用报销 审批中")
    await expect(newest(li)).to_contain_text("等待 王经理")
    task = newest(wang)
    await expect(task.get_by_role("heading")).to_have_text("小李的费用报销等您审批")
    await expect(task).to_contain_text("606.50 元")
    await screens.shoot(page, "sandbox-5-task")
    await hands.tap(task.get_by_role("button", name="同意"))

    await expect(task).to_contain_text("已由王经理")
    await expect(newest(li).get_by_role("heading")).to_have_text("费用报销 已通过")
    await screens.shoot(page, "sandbox-6-over")
    print("by hand:", hands)
    assert hands.texts == 4
    assert hands.taps <= 18
    assert town.read(lambda uow: count(uow, "SELECT count(*) FROM f_expense_claim")) == 1
    assert town.read(lambda uow: uow.instances.of_initiator("li"))[0].state.value == "approved"
