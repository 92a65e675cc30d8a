"""WeCom over the real wire: send, click, callbacks with retries, passive and active updates."""

import asyncio
import xml.etree.ElementTree as ET
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from tests.sandbox.conftest import AES_KEY, Box, CallbackApp
from tests.sandbox.test_cloud_wecom_cards import BUTTONS, MENU, SELECTS, TEXT, VOTE

CRYPTO = WeChatCrypto("tok", AES_KEY, "wwcorp")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"touser": "LiMing", "agentid": 1000002, "msgtype": kind, kind: content} | more


async def send_card(box: Box, card: dict[str, Any], **more: Any) -> Any:
    sent = await box.wecom("message/send", message("template_card", card, **more))
    assert sent["errcode"] == 0, sent
    return sent


def opened(receiver: CallbackApp, index: int = -1) -> str:
    query, body = receiver.got[index]
    return str(CRYPTO.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"]))


def reply(body: str) -> str:
    head = "<ToUserName><![CDATA[LiMing]]></ToUserName><FromUserName><![CDATA[wwcorp]]></FromUserName>"
    xml = f"<xml>{head}<CreateTime>1700000000</CreateTime>{body}</xml>"
    return str(CRYPTO.encrypt_message(xml, "n1", "1700000000"))


REPLACE = (
    "<MsgType><![CDATA[update_button]]></MsgType>"
    "<Button><ReplaceName><![CDATA[已同意]]></ReplaceName></Button>"
)


async def test_a_text_arrives_encrypted_and_wechatpy_reads_it(box: Box, callback_app: CallbackApp) -> None:
    said = await box.say("wecom", "liming", "请假")
    assert (said["acked"], said["attempts"]) == (True, 1)
    read = parse_message(opened(callback_app))
    assert (read.type, read.source, read.content, read.target) == ("text", "LiMing", "请假", "wwcorp")


async def test_the_console_checks_the_callback_url(box: Box, callback_app: CallbackApp) -> None:
    def echo(query: Any, body: str) -> str:
        names = ("msg_signature", "timestamp", "nonce", "echostr")
        return str(CRYPTO.check_signature(*(query[n] for n in names)))

    callback_app.answer = echo
    assert await box.post("/sandbox/api/verify", {}) == {"ok": True, "error": None}
    callback_app.answer = lambda query, body: '"quoted"'
    assert (await box.post("/sandbox/api/verify", {}))["ok"] is False


async def test_a_passive_text_reply_stands_in_the_chat(box: Box, callback_app: CallbackApp) -> None:
    callback_app.answer = lambda query, body: reply(
        "<MsgType>text</MsgType><Content><![CDATA[收到]]></Content>"
    )
    await box.say("wecom", "LiMing", "你好")
    assert [(m["from"], m["text"]) for m in await box.chat("wecom", "LiMing")] == [
        ("me", "你好"),
        ("bot", "收到"),
    ]


async def test_retries_repeat_the_xml_under_a_new_signature(box: Box, callback_app: CallbackApp) -> None:
    """没有 200 就再投,共 1+3 次;每次新签名,内容不变。"""
    await box.faults("wecom", callback_seconds=0.1)
    callback_app.answer = lambda query, body: web.Response(status=500)
    said = await box.say("wecom", "LiMing", "在吗")
    assert (said["acked"], said["attempts"]) == (False, 4)
    assert len({q["msg_signature"] for q, _ in callback_app.got}) == 4
    assert len({opened(callback_app, i) for i in range(4)}) == 1


async def test_a_slow_answer_brings_a_parallel_duplicate(box: Box, callback_app: CallbackApp) -> None:
    await box.faults("wecom", callback_seconds=0.1)

    async def slow_first(query: Any, body: str) -> str:
        if len(callback_app.got) == 1:
            await asyncio.sleep(0.3)
        return ""

    callback_app.answer = slow_first
    assert (await box.say("wecom", "LiMing", "在吗"))["attempts"] == 2
    assert opened(callback_app, 0) == opened(callback_app, 1)


async def test_a_click_comes_back_and_the_passive_update_changes_one_copy(
    box: Box, callback_app: CallbackApp
) -> None:
    sent = await send_card(box, BUTTONS, touser="LiMing|WangQiang")
    callback_app.answer = lambda query, body: reply(REPLACE)
    clicked = await box.click("wecom", "LiMing", sent["msgid"], button="同意")
    assert clicked["ok"] is True
    assert [(b["text"], b["enabled"]) for b in clicked["card"]["drawn"]["buttons"]] == [("已同意", False)]
    event = ET.fromstring(opened(callback_app))
    names = ("MsgType", "Event", "EventKey", "TaskId", "CardType", "FromUserName", "AgentID")
    assert [event.findtext(n) for n in names] == [
        "event",
        "template_card_event",
        "approve",
        "form-17_1@a",
        "button_interaction",
        "LiMing",
        "1000002",
    ]
    assert event.findtext("ResponseCode")
    assert event.find("MsgId") is None
    other = (await box.chat("wecom", "wangqiang"))[0]["card"]
    assert [b["text"] for b in other["drawn"]["buttons"]] == ["同意", "驳回"]
    again = await box.click("wecom", "LiMing", sent["msgid"], button="approve")
    assert (again["ok"], len(callback_app.got)) == (False, 1)


async def test_a_passive_card_is_checked_and_replaces_the_copy(box: Box, callback_app: CallbackApp) -> None:
    sent = await send_card(box, BUTTONS)
    card = (
        "<MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>"
        "<MainTitle><Title>王强已同意</Title></MainTitle>"
        "<HorizontalContentList><KeyName>天数</KeyName><Value>3</Value></HorizontalContentList>"
        "<HorizontalContentList><KeyName>类型</KeyName><Value>事假</Value></HorizontalContentList>"
        "<ButtonList><Text>同意</Text><Style>1</Style><Key>approve</Key></ButtonList>"
        "<ReplaceText>已同意</ReplaceText></TemplateCard>"
    )
    callback_app.answer = lambda query, body: reply(card.replace("<Title>王强已同意</Title>", ""))
    broken = await box.click("wecom", "LiMing", sent["msgid"], button="approve")
    assert "41016" in broken["toast"]
    assert broken["card"]["drawn"]["title"] == "请假审批"
    callback_app.answer = lambda query, body: reply(card)
    drawn = (await box.click("wecom", "LiMing", sent["msgid"], button="approve"))["card"]["drawn"]
    assert (drawn["title"], [r["value"] for r in drawn["rows"]]) == ("王强已同意", ["3", "事假"])
    assert [(b["text"], b["enabled"]) for b in drawn["buttons"]] == [("已同意", False)]


async def test_selections_come_with_their_defaults(box: Box, callback_app: CallbackApp) -> None:
    sent = await send_card(box, SELECTS)
    await box.click("wecom", "LiMing", sent["msgid"])
    await box.click("wecom", "LiMing", sent["msgid"], selected={"kind": "事假"})
    chosen = [ET.fromstring(opened(callback_app, i)).findtext(".//OptionId") for i in range(2)]
    assert chosen == ["b", "a"]
    voted = await send_card(box, VOTE)
    assert (await box.click("wecom", "LiMing", voted["msgid"]))["error"] == "请先选择"
    await box.click("wecom", "LiMing", voted["msgid"], selected={"q": ["a", "b"]})
    options = ET.fromstring(opened(callback_app)).findall(".//SelectedItem/OptionIds/OptionId")
    assert [o.text for o in options] == ["a", "b"]


async def test_the_menu_has_its_own_event(box: Box, callback_app: CallbackApp) -> None:
    sent = await send_card(box, TEXT | {"action_menu": MENU, "task_id": "t-menu"})
    assert sent["response_code"]
    await box.click("wecom", "LiMing", sent["msgid"], button="mute")
    assert ET.fromstring(opened(callback_app)).findtext("Event") == "template_card_menu_event"


async def test_a_response_code_works_once_and_for_72_hours(box: Box) -> None:
    sent = await send_card(box, BUTTONS, touser="LiMing|WangQiang")
    update = {"agentid": 1000002, "userids": ["liming"], "button": {"replace_name": "已处理"}}
    done = await box.wecom("message/update_template_card", update | {"response_code": sent["response_code"]})
    assert done["errcode"] == 0
    assert (await box.chat("wecom", "LiMing"))[0]["card"]["dead"] is True
    assert (await box.chat("wecom", "WangQiang"))[0]["card"]["dead"] is False
    again = await box.wecom("message/update_template_card", update | {"response_code": sent["response_code"]})
    assert again["errcode"] == 42022
    assert (await box.wecom("message/update_template_card", update | {"response_code": "?"}))[
        "errcode"
    ] == 40058
    late = await send_card(box, BUTTONS | {"task_id": "t2"})
    await box.post("/sandbox/api/clock", {"advance_seconds": 72 * 3600 + 1})
    gone = await box.wecom("message/update_template_card", update | {"response_code": late["response_code"]})
    assert gone["errcode"] == 42003


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "touser": "LiMing", "text": {"content": "x"}}, 41011),
        (message("text", {"content": "x"}, agentid=1000003), 301002),
        (message("text", {"content": "x"}, agentid="abc"), 40056),
        (message("text", {"content": ""}), 44004),
        (message("text", {"content": "x"}, touser=""), 82001),
        (message("text", {"content": "x"}, touser=["LiMing"]), 40035),
        (message("text", {"content": "x"}, touser="nobody"), 81013),
        (message("text", {"content": "x"}, touser="|".join(f"u{i}" for i in range(1001))), 40032),
        (message("sms", {}), 40008),
        (message("markdown", {"content": "汉" * 700}), 45002),
        (message("image", {"media_id": "none"}), 40007),
        (message("image", {}), 41006),
        (message("textcard", {"title": "t", "description": "d", "url": "h5"}), 45034),
        (message("textcard", {"description": "d", "url": "http://a"}), 41016),
        (message("textcard", {"title": "t", "url": "http://a"}), 41033),
        (message("news", {"articles": []}), 40063),
        (message("news", {"articles": [{"title": "t", "url": "http://a"}] * 9}), 45008),
    ],
)
async def test_a_wrong_message_is_refused(box: Box, body: dict[str, Any], errcode: int) -> None:
    assert (await box.wecom("message/send", body))["errcode"] == errcode
    assert await box.chat("wecom", "LiMing") == []


async def test_unknown_receivers_come_back_in_lower_case(box: Box) -> None:
    sent = await box.wecom("message/send", message("text", {"content": "x"}, touser="LIMING|NoBody"))
    assert (sent["errcode"], sent["invaliduser"]) == (0, "nobody")
    assert len(await box.chat("wecom", "LiMing")) == 1


async def test_a_task_id_works_once(box: Box) -> None:
    await send_card(box, BUTTONS)
    assert (await box.wecom("message/send", message("template_card", BUTTONS)))["errcode"] == 42014


async def test_more_than_thirty_a_minute_are_dropped_in_silence(box: Box) -> None:
    answers = [await box.wecom("message/send", message("text", {"content": str(i)})) for i in range(33)]
    assert {a["errcode"] for a in answers} == {0}
    assert len(await box.chat("wecom", "LiMing")) == 30
    assert (await box.get("/sandbox/api/counters"))["wecom"]["dropped"] == {"LiMing": 3}
    await box.post("/sandbox/api/clock", {"advance_seconds": 61})
    await box.wecom("message/send", message("text", {"content": "later"}))
    assert len(await box.chat("wecom", "LiMing")) == 31


async def test_the_duplicate_check_swallows_the_same_json(box: Box) -> None:
    for _ in range(2):
        sent = await box.wecom("message/send", message("text", {"content": "x"}, enable_duplicate_check=1))
        assert sent["errcode"] == 0
    assert len(await box.chat("wecom", "LiMing")) == 1


async def upload(box: Box, kind: str, data: bytes, name: str = "media") -> Any:
    form = aiohttp.FormData()
    form.add_field(name, data, filename="chart.png")
    url = f"{box.base}/cgi-bin/media/upload?type={kind}&access_token={await box.wecom_token()}"
    async with box.http.post(url, data=form) as response:
        return await response.json()


async def test_uploads_are_checked_and_shown(box: Box) -> None:
    assert (await upload(box, "picture", PNG))["errcode"] == 40004
    assert (await upload(box, "image", b"12345"))["errcode"] == 44001
    assert (await upload(box, "image", b"no picture at all"))["errcode"] == 40123
    assert (await upload(box, "image", PNG, name="file"))["errcode"] != 0
    made = await upload(box, "image", PNG)
    await box.wecom("message/send", message("image", {"media_id": made["media_id"]}))
    shown = (await box.chat("wecom", "LiMing"))[0]
    async with box.http.get(box.base + shown["media_url"]) as response:
        assert (shown["kind"], await response.read()) == ("image", PNG)
    await box.post("/sandbox/api/clock", {"advance_seconds": 4 * 86400})
    stale = await box.wecom("message/send", message("image", {"media_id": made["media_id"]}))
    assert stale["errcode"] == 40007


async def test_tokens(box: Box) -> None:
    assert (await box.get("/cgi-bin/gettoken?corpid=wwcorp&corpsecret=wrong"))["errcode"] == 40001
    assert (await box.get("/cgi-bin/gettoken?corpid=other&corpsecret=s2"))["errcode"] == 40013
    assert (await box.get("/cgi-bin/user/get?userid=LiMing"))["errcode"] == 41001
    assert (await box.get("/cgi-bin/user/get?userid=LiMing&access_token=x"))["errcode"] == 40014
    token = await box.wecom_token()
    assert await box.wecom_token() == token
    await box.faults("wecom", expire_tokens=True)
    assert (await box.get(f"/cgi-bin/user/get?userid=LiMing&access_token={token}"))["errcode"] == 42001
    assert await box.wecom_token() != token


async def test_contacts(box: Box) -> None:
    token = f"access_token={await box.wecom_token()}"
    person = await box.get(f"/cgi-bin/user/get?userid=liming&{token}")
    assert (person["userid"], person["direct_leader"], person["department"]) == ("LiMing", ["WangQiang"], [3])
    assert (await box.get(f"/cgi-bin/user/get?userid=nobody&{token}"))["errcode"] == 60111
    departments = (await box.get(f"/cgi-bin/department/list?id=2&{token}"))["department"]
    assert [(d["name"], d["parentid"], d["department_leader"]) for d in departments] == [
        ("销售部", 1, ["WangQiang"]),
        ("华东", 2, []),
    ]
    users = (await box.get(f"/cgi-bin/user/simplelist?department_id=2&{token}"))["userlist"]
    assert [u["userid"] for u in users] == ["WangQiang"]


@pytest.mark.parametrize(
    "kind",
    [
        "bad_signature",
        "modified_cipher",
        "foreign_corp",
        "missing_parameters",
        "plaintext",
        "stale_timestamp",
    ],
)
async def test_attacks_reach_the_callback_url(box: Box, callback_app: CallbackApp, kind: str) -> None:
    """wechatpy 挡得住的,替身确实发出来了(过期时间戳它不查)。"""

    def check(query: Any, body: str) -> Any:
        names = ("msg_signature", "timestamp", "nonce")
        try:
            CRYPTO.decrypt_message(body, *(query.get(n) for n in names))
        except (WeChatException, ValueError, KeyError):
            return web.Response(status=403)
        return ""

    callback_app.answer = check
    status = (await box.post("/sandbox/api/attack", {"kind": kind}))["status"]
    assert status == (200 if kind == "stale_timestamp" else 403)


async def test_a_group_is_written_to_by_webhook_without_a_token_and_by_the_app_s_chat(box: Box) -> None:
    """群机器人 webhook 不要令牌，每分钟 20 条；应用建的群要令牌；错的 key、不是应用的群、太长的字都不收。"""
    text = {"msgtype": "text", "text": {"content": "今天的日报"}}
    url = "/cgi-bin/webhook/send?key="

    async def post(key: str, body: Any) -> int:
        return int((await box.call("POST", f"{url}{key}", body))[1]["errcode"])

    assert await post("group-robot-key", text) == 0
    assert await post("somebody-else", text) == 93000
    assert await post("group-robot-key", {"msgtype": "text", "text": {"content": "长" * 700}}) == 45002
    assert (await box.wecom("appchat/send", {"chatid": "chat-of-the-app", **text}))["errcode"] == 0
    assert (await box.wecom("appchat/send", {"chatid": "not-ours", **text}))["errcode"] == 86003
    chat = await box.chat("wecom", "LiMing")
    assert [(one["text"], one["group"]) for one in chat] == [("今天的日报", "sales-group")] * 2
    answers = [await post("group-robot-key", text) for _ in range(20)]
    assert answers[-1] == 45009
