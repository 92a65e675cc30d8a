"""What leaves the house, over the real wires: e-mail by SMTP, SMS by the gateway, groups of both platforms, papers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from bot.demo import know_groups, reach_out
from core.commands import SYSTEM, CreateRecord, LearnGroup, Publish, RetryParked, SetContact
from core.queries.health import stuck
from core.store.outbox import OutboxRow
from sandbox.app import POST, SMTP
from tests.wire.house import House, Phone, claim, until

FORM = """form: visit
title: 来访登记
number: "V-{seq:4}"
summary: "{来访人}"
fields:
  - {key: guest, label: 来访人, type: text, required: true}
  - {key: email, label: 邮箱, type: email}
  - {key: phone, label: 电话, type: phone}
  - {key: host, label: 接待人, type: member}
  - {key: to_shop, label: 进车间, type: switch}
"""
FLOW = """flow: visit
form: visit
steps:
  - {approve: 经理同意, who: {role: 销售经理}}
  - notify: "{来访人}来访已同意"
    who: 发起人
    by: [chat, mail, sms]
    to: [{field: 邮箱}, {field: 电话}]
    group: 销售群
    subject: "来访 {来访人}"
"""
RULE = """rule: visitor_paper
title: 来访打印件
when: {created: visit}
if: 进车间 == 是
then:
  - print: {who: 接待人, by: [chat, mail], to: {field: 邮箱}, text: "{来访人}的来访单"}
  - notify: {group: 管理层群, text: "{来访人}要进车间"}
"""


async def arrived(house: House, *, mail: int = 0, sms: int = 0) -> tuple[list[Any], list[Any]]:
    """Wait for so many letters and short messages; all of them."""

    async def look() -> tuple[list[Any], list[Any]] | None:
        found = await house.box.get("post")
        enough = len(found["mail"]) >= mail and len(found["sms"]) >= sms
        return (found["mail"], found["sms"]) if enough else None

    return await until(look, 10, house.waiting)


async def in_group(phone: Phone, group: str, part: str) -> str:
    """Wait for a text that holds this in a group chat on a phone."""

    async def look() -> str | None:
        found = (one["text"] for one in await phone.chat() if one["group"] == group)
        return next((one for one in found if part in one), None)

    return await until(look, 10, phone.report)


async def sees_file(phone: Phone) -> Any:
    """Wait for a file in the chat."""

    async def look() -> Any:
        return next((one for one in await phone.chat() if one["kind"] == "file"), None)

    return await until(look, 20, phone.report)


def parked(house: House) -> list[OutboxRow]:
    return house.read(lambda uow: uow.outbox.list("parked"))


async def register(house: House, **values: Any) -> str:
    outcome = await house.perform(CreateRecord("li", "visit", {"guest": "王先生", **values}))
    return str(outcome.data["record_id"])


async def test_a_step_tells_by_chat_mail_sms_and_in_the_group(house: House):
    """经理在企业微信同意后：小李收到聊天、邮件和短信，客人收到邮件和短信，群里有一条；群是 @ 机器人时记住的。"""
    await house.perform(Publish(SYSTEM, f"{FORM}\n---\n{FLOW}"))
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    said = await house.box.post(
        "say", platform="dingtalk", userid=li.userid, text="帮助", group="sales_group"
    )
    assert said["ok"]
    record = await register(house, email="guest@outside.example", phone="13912345678")
    await until(lambda: _has_card(wang), 8, wang.report)
    await wang.press("同意")

    mails, texts = await arrived(house, mail=2, sms=2)

    assert sorted(one["to"][0] for one in mails) == ["guest@outside.example", "li@hongda.example"]
    assert {one["phone"] for one in texts} == {"13800000003", "13912345678"}
    assert {one["text"] for one in texts} == {"王先生来访已同意"}
    ours = next(one for one in mails if one["to"] == ["li@hongda.example"])
    theirs = next(one for one in mails if one["to"] != ["li@hongda.example"])
    assert (ours["subject"], theirs["subject"]) == ("来访 王先生", "来访 王先生")
    assert ours["sender"] == "鸿达机电 <oa@hongda.example>"
    assert "王先生来访已同意" in ours["text"]
    assert "王先生来访已同意" in ours["html"]
    assert "/h5/l/" not in theirs["text"] + theirs["html"]
    await li.sees_text("王先生来访已同意")
    assert await in_group(li, "sales_group", "来访已同意") == "王先生来访已同意"
    names = house.read(lambda uow: [(one.name, one.platform, one.learned) for one in uow.groups.all()])
    assert names == [("销售群", "dingtalk", True)]

    link = re.search(r"http\S+/h5/l/\S+", ours["text"])
    assert link is not None
    page = await li.opens(link[0])
    assert page.shown["kind"] == "record"
    assert page.shown["record"]["id"] == record
    await house.settled()
    assert parked(house) == []
    assert house.read(stuck) == []


async def _has_card(phone: Phone) -> bool | None:
    return True if await phone.cards() else None


async def test_the_paper_goes_by_chat_and_mail_and_a_rule_writes_to_a_wecom_group(cottage: House):
    """进车间的来访：接待人（企业微信）聊天里收到打印件，邮箱里有同一份附件；管理层群里有一条。"""
    await cottage.perform(Publish(SYSTEM, f"{FORM}\n---\n{RULE}"))
    await asyncio.to_thread(know_groups, cottage.parts.service, cottage.parts.keys)
    wang = cottage.phone("wang", "wecom")
    await register(cottage, to_shop=True, host="wang", email="guest@outside.example")
    await register(cottage, to_shop=False, host="wang")
    await register(cottage, to_shop=True, host="li", email="guest@outside.example")

    mails, _ = await arrived(cottage, mail=4)
    await in_group(wang, "managers_group", "王先生要进车间")

    for phone, number in ((wang, "V-0001"), (cottage.phone("li", "dingtalk"), "V-0003")):
        sent = await sees_file(phone)
        assert sent["text"] == f"来访登记{number}.pdf"
        assert (await cottage.box.media(sent["media_url"])).startswith(b"%PDF")
        assert await phone.sees_text("王先生的来访单")
    guest = ["guest@outside.example"] * 2
    assert sorted(one["to"][0] for one in mails) == [*guest, "li@hongda.example", "wang@hongda.example"]
    for one in mails:
        assert one["files"][0]["name"] in ("来访登记V-0001.pdf", "来访登记V-0003.pdf")
        assert (await cottage.box.media(one["files"][0]["url"])).startswith(b"%PDF")
    await cottage.settled()
    assert len((await arrived(cottage))[0]) == 4
    assert parked(cottage) == []


async def test_a_dead_letter_is_listed_mended_and_goes_out(cottage: House):
    """没有邮箱、没有登记的群、服务器拒收：搁置并各有一条异常；补好后「全部重试」都发出去，信只有一封。"""
    await cottage.perform(Publish(SYSTEM, f"{FORM}\n---\n{TELL}"))
    await cottage.perform(SetContact("zhao", "li", "", "13800000003"))
    await register(cottage, email="full@outside.example")
    refuse = cottage.sandbox[SMTP].refuse
    refuse["full@outside.example"] = "552 5.2.2 mailbox full"

    async def three() -> list[OutboxRow] | None:
        found = parked(cottage)
        return found if len(found) == 3 else None

    rows = await until(three, 10, cottage.waiting)
    errors = "\n".join(sorted(one.last_error for one in rows))
    assert "小李没有填邮箱" in errors
    assert "没有叫「仓库群」的群" in errors
    assert "552" in errors
    incidents = cottage.read(lambda uow: [one.text for one in uow.incidents.list("open")])
    assert len([one for one in incidents if "发不出去" in one]) == 3

    await cottage.perform(SetContact("zhao", "li", "li@hongda.example", "13800000003"))
    await cottage.perform(LearnGroup("li", "dingtalk", "cidSalesGroup01==", "仓库群"))
    refuse.clear()
    await cottage.perform(RetryParked("zhao"))
    mails, _ = await arrived(cottage, mail=2)
    await in_group(cottage.phone("li", "dingtalk"), "sales_group", "王先生登记")
    await cottage.settled()
    assert {one["to"][0] for one in mails} == {"li@hongda.example", "full@outside.example"}
    assert parked(cottage) == []


TELL = """rule: tell_all
title: 来访通知
when: {created: visit}
then: [{notify: {who: 创建人, by: mail, to: {field: 邮箱}, group: 仓库群, text: "{来访人}登记"}}]
"""


async def test_lost_answers_bring_one_sms_and_one_letter_id(cottage: House):
    """网关先 503 再好：同一编号重试，客人只收到一条。"""
    await cottage.perform(Publish(SYSTEM, f"{FORM}\n---\n{SMS}"))
    cottage.sandbox[POST].failing += [503, 500]
    await register(cottage, phone="13912345678")
    _, texts = await arrived(cottage, sms=1)
    await cottage.settled()
    assert [(one["phone"], one["text"], one["template"]) for one in texts] == [
        ("13912345678", "王先生登记", "zhongshu-notice")
    ]


SMS = """rule: tell_guest
title: 短信
when: {created: visit}
then: [{notify: {to: {field: 电话}, text: "{来访人}登记"}}]
"""


async def test_the_demo_s_rules_reach_people(cottage: House):
    """示例公司：大额报销进管理层群；经理同意后小李邮箱里有打印件。"""
    await asyncio.to_thread(reach_out, cottage.parts.service, cottage.parts.keys)
    li, wang = cottage.phone("li", "dingtalk"), cottage.phone("wang", "wecom")
    await claim(li, "300", "260")
    assert await in_group(wang, "managers_group", "560.00") == "李明提交了 560.00 元的报销：拜访鸿达"
    await wang.sees("小李的费用报销等您审批")
    await wang.press("同意")
    mails, _ = await arrived(cottage, mail=1)
    assert mails[0]["to"] == ["li@hongda.example"]
    assert re.fullmatch(r"报销已通过：BX-\d{6}-\d{4}", mails[0]["subject"])
    assert mails[0]["files"][0]["name"].endswith(".pdf")
