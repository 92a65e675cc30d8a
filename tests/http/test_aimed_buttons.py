"""A custom button that changes the record behind a link, pressed on the page and by programs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from core import commands as c
from core.diff import diff
from core.forms.definition import Form
from tests.http.conftest import Admin, Browser, Company
from tests.http.test_api import Program, program

ROOM = """
form: room
title: 会议室
effective: manual
summary: "{name}"
fields:
  - {key: name, label: 名称, type: text, required: true}
  - {key: state_, label: 状况, type: select, options: [空闲, 占用], readonly: true}
  - {key: seats, label: 座位, type: number, max: 50}
  - {key: keeper, label: 管理员, type: member}
"""
BOOKING = """
form: booking
title: 订会议室
effective: manual
fields:
  - {key: room, label: 会议室, type: link, to: room}
  - {key: people, label: 人数, type: number}
  - {key: claim, label: 报销单, type: link, to: expense_claim}
buttons:
  - {key: mend, text: 改事由, target: 报销单, set: {reason: 会议用餐}}
  - {key: take, text: 占用, target: room, set: {state_: 占用, seats: "=人数"}}
"""


@pytest.fixture
def li(company: Company, browser: Browser) -> Program:
    for text in (ROOM, BOOKING):
        company.done(c.Publish(c.SYSTEM, text, "测试"))
    return program(company, browser, "li")


async def made(person: Program, form: str, **values: Any) -> str:
    return str((await person.post(f"/forms/{form}/records", {"values": values}, 201))["id"])


async def test_a_button_changes_the_linked_record(li: Program, admin: Admin) -> None:
    """With the presser in the other record's history; the pressed record stays as it was. API, then page."""
    room = await made(li, "room", name="大厅", seats=20)
    booking = await made(li, "booking", room=room, people=12)
    await li.post(f"/forms/booking/records/{booking}/press", {"button": "take"})
    found = await li.get(f"/forms/room/records/{room}")
    assert (found["values"]["state_"], found["values"]["seats"], found["version"]) == ("占用", "12.00", 2)
    newest = (await li.get(f"/forms/room/records/{room}/history"))["history"][0]
    assert {"label": "状况", "before": "", "after": "占用"} in newest["changes"]
    assert newest["who"] == "小李"
    assert (await li.get(f"/forms/booking/records/{booking}"))["version"] == 1

    other = await made(li, "room", name="小间")
    second = await made(li, "booking", room=other, people=3)
    shown = (await admin.get(f"/records/booking/{second}"))["record"]
    assert "take" in [one["key"] for one in shown["buttons"]]
    told = await admin.post(f"/records/booking/{second}/press", {"button": "take", "version": 1})
    assert told["message"] == "已占用。"
    assert (await li.get(f"/forms/room/records/{other}"))["values"]["state_"] == "占用"


async def test_it_says_why_it_cannot(company: Company, browser: Browser, li: Program) -> None:
    """Empty link, the other form's check, not visible, not theirs, void, under approval; nothing changes."""
    room = await made(li, "room", name="大厅", seats=20)
    sun = program(company, browser, "sun")

    async def refused(person: Program, status: int, button: str = "take", **values: Any) -> str:
        booking = await made(person, "booking", **values)
        press = f"/forms/booking/records/{booking}/press"
        return str((await person.post(press, {"button": button}, status))["message"])

    assert await refused(li, 409, people=3) == "还没有填「会议室」，不知道要改哪一条数据。"
    assert "会议室「大厅」：" in await refused(li, 422, room=room, people=60)
    hidden = await refused(sun, 403, room=room, people=2)
    assert hidden == "「会议室」指的数据已经删除，或者您无权查看，不能改它。"
    shared = await made(li, "room", name="小间", keeper="sun")
    assert await refused(sun, 403, room=shared, people=2) == "您不能修改会议室「小间」。"
    await li.post(f"/forms/room/records/{room}/void", {"reason": "装修"})
    assert await refused(li, 409, room=room, people=2) == "会议室「大厅」已作废，不能修改。"
    claim = company.claim("li")["record_id"]
    assert (await refused(li, 409, "mend", claim=claim)).endswith("正在审批，不能修改。")
    for one in (room, shared):
        assert (await li.get(f"/forms/room/records/{one}"))["values"].get("state_") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("target: room", "target: people", "按钮「占用」要改的「people」不是本表的关联字段"),
        ("{state_: 占用", "{nothing: 占用", "「会议室」里没有能改的字段「nothing」"),
        ('set: {state_: 占用, seats: "=人数"}', "confirm: 好吗", "按钮「占用」没有写要把关联数据改成什么"),
    ],
)
def test_publishing_tells_what_is_wrong(company: Company, old: str, new: str, said: str) -> None:
    company.done(c.Publish(c.SYSTEM, ROOM, "测试"))
    outcome = company.do(c.Publish(c.SYSTEM, BOOKING.replace(old, new), "测试"))
    assert said in " ".join([outcome.message, *(one.message for one in outcome.problems)])


def test_a_field_that_a_button_sets_stays(company: Company, li: Program) -> None:
    """The linked form cannot drop it; and the designer's diff says what the button changes."""
    assert li
    line = "  - {key: state_, label: 状况, type: select, options: [空闲, 占用], readonly: true}\n"
    refused = company.do(c.Publish(c.SYSTEM, ROOM.replace(line, ""), "测试"))
    assert "「状况」" in refused.message + " ".join(one.message for one in refused.problems)
    old = Form.model_validate(yaml.safe_load(BOOKING))
    new = Form.model_validate(yaml.safe_load(BOOKING.replace("target: room, set: {state_", "set: {people")))
    assert "改哪条关联数据 room" in " ".join(one.text for one in diff(old, new))
