"""by, to, group and print in rules and flows; failed runs that try again by themselves."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from connect.hooks import outward_secret, signature
from core.commands import (
    SYSTEM,
    CreateRecord,
    DeleteRecord,
    LearnGroup,
    Publish,
    RetryOutbox,
    SaveGroup,
    TickRules,
)
from core.flows.bpmn import read, write
from core.flows.definition import Flow
from core.flows.dump import text_of
from core.queries.rules import titles
from core.store.outbox import OutboxRow
from tests.company import Company

VISIT = """form: visit
title: 来访登记
number: V-{seq:4}
fields:
  - {key: guest, label: 来访人, type: text, required: true}
  - {key: email, label: 邮箱, type: email}
  - {key: cc, label: 知会, type: text}
  - {key: count, label: 人数, type: number}
  - {key: host, label: 接待人, type: member}
"""
RULE = """rule: visitor
title: 来访
when: {created: visit}
then: [%s]
"""


def publish(company: Company, action: str) -> Any:
    return company.perform(Publish(SYSTEM, f"{VISIT}\n---\n{RULE % action}"))


def rows(company: Company, state: str = "waiting") -> list[OutboxRow]:
    return sorted(company.read(lambda uow: uow.outbox.list(state)), key=lambda one: one.id)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ('{notify: {text: "来了"}}', "没有写告诉谁"),
        ('{notify: {to: {field: 邮箱}, by: mail, text: "来了"}}', "by 说的是 who 里的人"),
        ('{notify: {who: 接待人, by: pigeon, text: "来了"}}', "by"),
        ('{notify: {to: {field: 没有的}, text: "来了"}}', "没有的"),
        ('{notify: {to: {field: 人数}, text: "来了"}}', "不是邮箱、电话或文本字段"),
        ('{notify: {to: {field: 接待人}, text: "来了"}}', "不是邮箱、电话或文本字段"),
        ('{notify: {who: 接待人, subject: "{没有的}", text: "来了"}}', "没有的"),
        ('{remind: {who: 接待人, by: mail, text: "来了"}}', "by 里要有 chat"),
        ("{print: {who: 接待人, by: sms}}", "不能用短信或群"),
        ("{print: {who: 接待人, group: 销售群}}", "不能用短信或群"),
        ("{print: {who: 接待人, template: none}}", "没有打印模板"),
    ],
)
def test_a_mistake_is_named(small: Company, action: str, said: str):
    """没写告诉谁、不认识的方式、字段不对、模板没有：发布时就说。"""
    outcome = publish(small, action)
    assert not outcome.ok
    assert said in "；".join(f"{one.path} {one.message}" for one in outcome.problems)


def test_the_sentence_says_how_and_where(small: Company):
    """规则的中文句子里有方式、地址字段和群。"""
    action = (
        '{remind: {who: 接待人, by: [chat, mail, sms], to: {field: 邮箱}, group: 销售群, text: "{来访人}来了"}}, '
        "{print: {who: 接待人, by: [chat, mail]}}"
    )
    assert publish(small, action).ok
    rule, names = small.read(lambda uow: (uow.shelf.rule("visitor")[0], titles(uow)))
    assert rule.sentence(names) == (
        "如果新建了来访登记，那么用聊天、邮件、短信提醒接待人、「邮箱」里的地址、群「销售群」：「{来访人}来了」；"
        "然后把打印件用聊天、邮件发给接待人。"
    )


async def test_one_action_becomes_one_row_a_receiver(small: Company):
    """一条通知：聊天、邮件、短信、字段里的邮箱、两个平台同名的群，各一行；字段空着不算错，写了别的成了异常，其余照发。"""
    action = '{notify: {who: 接待人, by: [chat, mail, sms], to: {field: 知会}, group: 销售群, text: "{来访人}来了"}}'
    assert publish(small, action).ok
    assert small.perform(LearnGroup("li", "dingtalk", "cid-1", "销售群")).ok
    assert small.perform(SaveGroup("zhao", "", "销售群", "wecom", "appchat", "chat-1", "hash-1")).ok
    values = {"guest": "王先生", "host": "li", "cc": "a@x.example；b@x.example"}
    assert small.perform(CreateRecord("li", "visit", values)).ok
    found = [(one.kind, one.platform, one.person, str(one.body.get("to", ""))) for one in rows(small)]
    assert found == [
        ("text", "dingtalk", "li", ""),
        ("mail", "mail", "li", ""),
        ("sms", "sms", "li", ""),
        ("mail", "mail", "", "a@x.example"),
        ("mail", "mail", "", "b@x.example"),
        ("group", "dingtalk", "", ""),
        ("group", "wecom", "", ""),
    ]
    mail = next(one for one in rows(small) if one.kind == "mail")
    assert mail.body["subject"].startswith("来访：")
    await small.settle()
    assert small.ding.group("cid-1") == small.wecom.group("chat-1") == ["王先生来了"]

    assert small.perform(CreateRecord("li", "visit", {"guest": "李先生", "host": "li"})).ok
    assert (
        small.read(lambda uow: [one for one in uow.incidents.list("open") if one.kind == "no_address"]) == []
    )
    assert small.perform(CreateRecord("li", "visit", {"guest": "赵先生", "host": "li", "cc": "待定"})).ok
    incidents = small.read(lambda uow: [one.text for one in uow.incidents.list("open")])
    assert any("「知会」里没有邮箱或手机号" in one for one in incidents)
    await small.settle()
    assert small.phone("li").texts == ["王先生来了", "李先生来了", "赵先生来了"]
    waiting_for_setup = {one.last_error for one in rows(small, "parked")}
    assert waiting_for_setup == {
        "还没有设置发信邮箱：ZHONGSHU_MAIL_HOST",
        "还没有设置短信网关：ZHONGSHU_SMS_URL",
    }


async def test_a_group_is_known_once_the_bot_is_spoken_to(small: Company):
    """群里 @ 机器人：记住群；再说不重复；同名的另一个群加序号。"""
    li = small.phone("li", "dingtalk")
    for id_ in ("cid-1", "cid-1", "cid-2"):
        await li.says("帮助", group="项目群", group_id=id_)
    names = small.read(lambda uow: [(one.name, one.address) for one in uow.groups.all()])
    assert names == [("项目群", "cid-1"), ("项目群 2", "cid-2")]
    await small.phone("wu", "dingtalk").says("帮助")
    assert len(small.read(lambda uow: uow.groups.all())) == 2


def test_a_notify_step_survives_yaml_and_bpmn():
    """流程的通知步骤：写出 YAML、转 BPMN 再回来，方式、地址、群、标题都在。"""
    text = """flow: f
form: visit
steps:
  - notify: "{来访人}来了"
    who: 发起人
    by: [chat, mail]
    to: [{field: 邮箱}]
    group: [销售群, 管理层群]
    subject: 来访
"""
    flow = Flow.model_validate(yaml.safe_load(text))
    assert Flow.model_validate(yaml.safe_load(text_of(flow))) == flow
    assert read(write(flow)).flow == flow


CALLS = """rule: to_erp
title: 告诉 ERP
when: {created: visit}
then: [{http: {url: "%s"}}]
---
flow: visit
form: visit
steps:
  - webhook: {url: "%s", body: {来访人: 来访人}}
"""


async def test_flows_and_rules_sign_with_their_own_secret_and_ask_the_same_list(small: Company):
    """规则和流程的调用：各用各的密钥签名，对方核对得上；名单外的内网地址一次也不连，马上搁置并说怎么办。"""
    taken: dict[str, tuple[Any, bytes]] = {}

    async def take(request: web.Request) -> web.Response:
        taken[request.path] = (request.headers, await request.read())
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/{name}", take)])
    async with TestServer(app) as server:
        urls = (server.make_url("/rule"), server.make_url("/flow"))
        assert small.perform(Publish(SYSTEM, f"{VISIT}\n---\n{CALLS % urls}")).ok
        assert small.perform(CreateRecord("li", "visit", {"guest": "王先生"})).ok
        await small.settle()
    for path, kind, key in (("/rule", "rule", "to_erp"), ("/flow", "flow", "visit")):
        headers, body = taken[path]
        secret = outward_secret(small.parts.keys, kind, key)
        wanted = signature(secret, headers["X-Zhongshu-Timestamp"], body)
        assert headers["X-Zhongshu-Signature"] == wanted
        assert headers["webhook-id"] in {one.id for one in rows(small, "sent")}
    assert "王先生".encode() in taken["/flow"][1]

    inside = ("http://10.0.0.5/x", "https://192.168.1.9/x")
    assert small.perform(Publish(SYSTEM, f"{VISIT}\n---\n{CALLS % inside}")).ok
    assert small.perform(CreateRecord("li", "visit", {"guest": "李先生"})).ok
    await small.settle()
    errors = [one.last_error for one in rows(small, "parked")]
    assert len(errors) == 2
    assert all("ZHONGSHU_OUTWARD_ALLOW" in one for one in errors)


async def test_another_system_that_stays_away_becomes_a_dead_letter(small: Company):
    """对方一直没开：越等越久，20 次后搁置并有异常，不再挡后面的；重试从头算起。"""
    rule = CALLS.partition("---")[0] % "http://127.0.0.1:1/x"
    assert small.perform(Publish(SYSTEM, f"{VISIT}\n---\n{rule}")).ok
    assert small.perform(CreateRecord("li", "visit", {"guest": "王先生"})).ok
    waits = []
    for _ in range(20):
        await small.settle()
        [row] = rows(small, "waiting") or [None]
        if row is not None:
            waits.append((row.next_at - small.clock.now).total_seconds())
            small.clock.now = row.next_at
    assert 0.7 < waits[0] < 1.3
    assert 2800 < max(waits) < 4400
    assert sum(waits) > 6 * 3600
    [dead] = rows(small, "parked")
    assert dead.attempts == 20
    incidents = small.read(lambda uow: [one.text for one in uow.incidents.list("open")])
    assert "对 http://127.0.0.1:1/x 的调用发不出去，试过 20 次：连接不上对方" in incidents
    assert small.perform(RetryOutbox("zhao", dead.id)).ok
    assert rows(small)[0].attempts == 0


BROKEN = """rule: to_task
title: 来访建任务
when: {created: visit}
then: [{update: {form: visit, match: {来访人: 来访人}, most: 1, set: {人数: 1}}}]
"""


def test_a_failed_run_tries_again_by_itself_and_then_waits(small: Company):
    """第二条同名来访让规则出错：1、5、30 分钟、2 小时后自动重试；数据改好后下一次就成功，异常自己关掉。"""
    assert small.perform(Publish(SYSTEM, f"{VISIT}\n---\n{BROKEN}")).ok
    first = small.perform(CreateRecord("li", "visit", {"guest": "王"})).data["record_id"]
    assert small.perform(CreateRecord("li", "visit", {"guest": "王"})).ok

    def errors() -> int:
        return len(small.read(lambda uow: uow.runs.page("to_task", outcome="error")))

    def tries() -> list[int]:
        failed = small.read(lambda uow: uow.runs.page("to_task", outcome="error"))
        waiting = small.read(lambda uow: uow.runs.retries([one.id for one in failed]))
        return [count for count, _ in waiting.values()]

    assert (errors(), tries()) == (1, [0])
    small.clock.forward(seconds=30)
    assert small.perform(TickRules(SYSTEM)).ok
    assert (errors(), tries()) == (1, [0])
    small.clock.forward(minutes=1)
    assert small.perform(TickRules(SYSTEM)).ok
    assert (errors(), tries()) == (1, [1])

    assert small.perform(DeleteRecord("zhao", "visit", first, 2)).ok
    small.clock.forward(minutes=6)
    assert small.perform(TickRules(SYSTEM)).ok
    assert (errors(), tries()) == (0, [])
    assert not small.read(
        lambda uow: [one for one in uow.incidents.list("open") if one.kind == "rule_failed"]
    )


def test_a_run_past_help_waits_for_an_administrator(small: Company):
    """一直出错：自动重试四次后停下，留在「出错」里等人重试。"""
    assert small.perform(Publish(SYSTEM, f"{VISIT}\n---\n{BROKEN}")).ok
    for _ in range(2):
        assert small.perform(CreateRecord("li", "visit", {"guest": "王"})).ok
    for _ in range(8):
        small.clock.forward(hours=3)
        assert small.perform(TickRules(SYSTEM)).ok
    failed = small.read(lambda uow: uow.runs.page("to_task", outcome="error"))
    assert len(failed) == 1
    assert small.read(lambda uow: uow.runs.retries([failed[0].id])) == {}
    assert len(small.read(lambda uow: uow.runs.page("to_task", outcome="retried"))) == 4
