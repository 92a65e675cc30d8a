"""The control API, logins of both platforms, knobs, state over a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from sandbox import dingtalk_template, people
from sandbox.app import build
from tests.sandbox.conftest import COMPANY, Box, CallbackApp, StreamBot, serve
from tests.sandbox.template import TEMPLATE
from tests.sandbox.test_cloud_dingtalk_api import SEND, text
from tests.sandbox.test_cloud_dingtalk_cards import CREATE, card
from tests.sandbox.test_cloud_wecom_cards import BUTTONS
from tests.sandbox.test_wecom import message, send_card

BACK = "http%3A%2F%2F127.0.0.1%3A8080%2Fh5%2Flogin%3Fa%3D1"
WECOM_LOGIN = (
    "/connect/oauth2/authorize?appid=wwcorp&response_type=code&scope=snsapi_base&agentid=1000002"
    f"&redirect_uri={BACK}"
)
DING_LOGIN = (
    f"/oauth2/auth?client_id=dingapp&response_type=code&scope=openid&prompt=consent&redirect_uri={BACK}"
)


async def follow(box: Box, path: str) -> tuple[int, dict[str, str]]:
    """Status and the query of the redirect."""
    async with box.http.get(box.base + path, allow_redirects=False) as response:
        query = parse_qs(urlsplit(response.headers.get("Location", "")).query)
        return response.status, {k: v[0] for k, v in query.items()}


async def test_wecom_login_knows_whose_phone_it_is(box: Box) -> None:
    assert (await follow(box, f"{WECOM_LOGIN}&state=abc"))[0] == 403
    await follow(box, "/webview/wecom/liming?url=http://127.0.0.1:8080/h5")
    status, query = await follow(box, f"{WECOM_LOGIN}&state=abc")
    assert (status, query["state"], query["a"]) == (302, "abc", "1")
    token = await box.wecom_token()
    path = f"/cgi-bin/auth/getuserinfo?access_token={token}&code={query['code']}"
    assert (await box.get(path))["userid"] == "LiMing"
    assert (await box.get(path))["errcode"] == 40029
    assert (await follow(box, f"{WECOM_LOGIN}&state=a-b"))[0] == 400
    assert (await follow(box, WECOM_LOGIN.replace("wwcorp", "other")))[0] == 400


async def test_dingtalk_login_in_a_browser_and_in_the_client(box: Box) -> None:
    assert (await follow(box, DING_LOGIN))[0] == 403
    await follow(box, "/webview/dingtalk/liming?url=/x")
    status, query = await follow(box, f"{DING_LOGIN}&state=s")
    assert (status, query["state"]) == (302, "s")
    body = {
        "clientId": "dingapp",
        "clientSecret": "s1",
        "code": query["authCode"],
        "grantType": "authorization_code",
    }
    _, token = await box.call("POST", "/v1.0/oauth2/userAccessToken", body)
    headers = {"x-acs-dingtalk-access-token": token["accessToken"]}
    _, me = await box.call("GET", "/v1.0/contact/users/me", headers=headers)
    assert (me["unionId"], me["nick"]) == ("u-li", "小李")
    own = (await box.ding_token())["x-acs-dingtalk-access-token"]
    found = await box.post(f"/topapi/user/getbyunionid?access_token={own}", {"unionid": me["unionId"]})
    assert found["result"]["userid"] == "liming"
    _, query = await follow(box, DING_LOGIN)
    path = f"/topapi/v2/user/getuserinfo?access_token={own}"
    assert (await box.post(path, {"code": query["authCode"]}))["result"]["userid"] == "liming"
    assert (await box.post(path, {"code": query["authCode"]}))["errcode"] == 40078


async def test_the_page_gets_people_and_refusals_in_chinese(box: Box) -> None:
    people_ = await box.get("/sandbox/api/people")
    assert people_["people"][1]["platforms"] == {"dingtalk": "liming", "wecom": "LiMing"}
    assert await box.call("GET", "/sandbox/api/chats/dingtalk/nobody") == (
        404,
        {"error": "没有这个人:nobody"},
    )
    assert await box.call("GET", "/sandbox/api/chats/qq/liming") == (
        400,
        {"error": "platform 只能是 dingtalk 或 wecom"},
    )
    status, _ = await box.call(
        "POST", "/sandbox/api/click", {"platform": "wecom", "userid": "LiMing", "card_id": "x"}
    )
    assert status == 404
    assert (await box.call("POST", "/sandbox/api/say", {"platform": "wecom", "userid": "LiMing"}))[0] == 400
    assert (await box.call("POST", "/sandbox/api/faults", {"slow_ms": "viel"}))[0] == 400


async def test_news_of_chats_and_traffic_come_as_events(box: Box) -> None:
    async with box.http.get(f"{box.base}/sandbox/api/events") as stream:
        assert (await stream.content.readline()).startswith(b":")
        await box.wecom("message/send", message("text", {"content": "x"}))
        news: list[Any] = []
        while not any(n["type"] == "wire" and n["path"].endswith("send") for n in news):
            line = await asyncio.wait_for(stream.content.readline(), 5)
            if line.startswith(b"data: "):
                news.append(json.loads(line[6:]))
        assert {"type": "chat", "platform": "wecom", "userid": "LiMing"} in news


async def test_counters_tell_messages_and_taps(box: Box, bot: StreamBot) -> None:
    await box.ding("POST", CREATE, card())
    await box.ding("POST", SEND, text())
    await box.click("dingtalk", "liming", "card-1", button="agree")
    counted = (await box.get("/sandbox/api/counters"))["dingtalk"]
    assert (counted["messages"], counted["cards"], counted["clicks"]) == (
        {"liming": 1},
        {"liming": 1},
        {"liming": 1},
    )
    assert (counted["billable_calls"], counted["pushes"]) == (2, 1)
    assert (await box.post("/sandbox/api/counters", {"reset": True}))["dingtalk"]["pushes"] == 0


async def test_the_record_shows_decrypted_xml(box: Box, callback_app: CallbackApp) -> None:
    await box.say("wecom", "LiMing", "请假")
    entry = (await box.wire())[-1]
    assert (entry["direction"], entry["status"], "<![CDATA[请假]]>" in entry["xml"]) == (
        "from_cloud",
        200,
        True,
    )


async def test_a_lost_answer_is_work_done(box: Box) -> None:
    """服务端做了事,回答丢了:客户端看到连接断开,消息已在聊天里。"""
    token = await box.wecom_token()
    await box.faults("wecom", drop_rate=1.0)
    with pytest.raises(aiohttp.ClientError):
        await box.post(f"/cgi-bin/message/send?access_token={token}", message("text", {"content": "x"}))
    assert len(await box.chat("wecom", "LiMing")) == 1


async def test_errors_on_purpose(box: Box) -> None:
    token, ding = await box.wecom_token(), await box.ding_token()
    send = f"/cgi-bin/message/send?access_token={token}"
    await box.faults("both", busy_rate=1.0)
    assert (await box.post(send, message("text", {"content": "x"})))["errcode"] == -1
    status, body = await box.call("POST", SEND, text(), headers=ding)
    assert (status, body["code"]) == (500, "system.busy")
    await box.faults("both", reset=True, error_rate=1.0)
    status, html = await box.call("POST", send, message("text", {"content": "x"}))
    assert (status, "<html>" in html) == (502, True)
    await box.faults("both", reset=True, down=True)
    assert (await box.call("POST", send, message("text", {"content": "x"})))[0] == 503
    assert (await box.say("wecom", "LiMing", "在吗"))["acked"] is False
    await box.faults("both", reset=True)
    assert await box.chat("wecom", "WangQiang") == []
    assert (await box.post(send, message("text", {"content": "x"})))["errcode"] == 0


async def test_slow_answers_come_after_the_work(box: Box) -> None:
    token = await box.wecom_token()
    await box.faults("wecom", slow_ms=2000)
    send = box.post(f"/cgi-bin/message/send?access_token={token}", message("text", {"content": "x"}))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(send, 0.3)
    assert len(await box.chat("wecom", "LiMing")) == 1


async def test_the_same_seed_throws_the_same_dice(box: Box) -> None:
    async def luck() -> list[int]:
        await box.faults("wecom", error_rate=0.5, seed=7)
        return [
            (await box.call("GET", "/cgi-bin/gettoken?corpid=wwcorp&corpsecret=s2"))[0] for _ in range(12)
        ]

    first = await luck()
    assert await luck() == first
    assert set(first) == {200, 502}


async def test_chats_and_cards_survive_a_restart(callback_app: CallbackApp, tmp_path: Path) -> None:
    templates = {"form.schema": dingtalk_template.parse("form.schema", TEMPLATE)}
    seen = []
    for run in range(2):
        port = unused_port()
        base = f"http://127.0.0.1:{port}"
        app = build(
            people.parse(COMPANY), base, callback=callback_app.url, templates=templates, folder=tmp_path
        )
        runner = await serve(app, port)
        async with aiohttp.ClientSession() as http:
            box = Box(base, http)
            if run == 0:
                await box.ding("POST", CREATE, card())
                await send_card(box, BUTTONS)
            seen.append((await box.chat("dingtalk", "liming"), await box.chat("wecom", "LiMing")))
            if run == 1:
                again = await box.wecom("message/send", message("template_card", BUTTONS))
                assert again["errcode"] == 42014
                assert (await box.ding("POST", CREATE, card()))[1]["code"] == "param.cardAlreadyExist"
        await runner.cleanup()
    assert seen[0] == seen[1]
    assert [len(chat) for chat in seen[1]] == [1, 1]
