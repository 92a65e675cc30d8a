"""The stream gateway: the released SDK connects and echoes; redelivery, disconnect, zombies, bad tickets."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.sandbox.conftest import Box, StreamBot
from tests.sandbox.test_cloud_dingtalk_cards import CREATE, card


async def until(true: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until it is true; the test fails when it never is."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


async def test_the_released_sdk_connects_echoes_and_answers_a_press(box: Box) -> None:
    """dingtalk-stream 0.24.3 原样连上替身,收消息、回消息、答卡片。"""
    environment = os.environ | {"DINGTALK_OPENAPI_ENDPOINT": box.base, "NO_PROXY": "127.0.0.1"}
    program = Path(__file__).with_name("echo_bot.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), "dingapp", "s1", env=environment, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            if (await box.get("/sandbox/api/health"))["dingtalk"]["connections"]:
                break
            await asyncio.sleep(0.05)
        assert (await box.say("dingtalk", "liming", "报销 86 元"))["acked"] is True
        assert [(m["from"], m["text"]) for m in await box.chat("dingtalk", "liming")] == [
            ("me", "报销 86 元"),
            ("bot", "回声:报销 86 元"),
        ]
        await box.ding("POST", CREATE, card())
        pressed = await box.click("dingtalk", "liming", "card-1", button="同意")
        assert pressed["card"]["drawn"]["title"] == "liming 按了 agree"
    finally:
        process.kill()
        await process.wait()


async def open_ticket(box: Box, **changes: Any) -> tuple[int, Any]:
    topics = [{"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}]
    body = {"clientId": "dingapp", "clientSecret": "s1", "subscriptions": topics} | changes
    return await box.call("POST", "/v1.0/gateway/connections/open", body)


async def test_tickets_work_once_and_for_90_seconds(box: Box) -> None:
    status, body = await open_ticket(box, clientSecret="wrong")
    assert (status, body["code"], body["message"]) == (401, "authFailed", "鉴权失败")
    _, opened = await open_ticket(box)
    url = f"{opened['endpoint']}?ticket={opened['ticket']}"
    async with box.http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await box.http.ws_connect(url)
    _, opened = await open_ticket(box)
    await box.post("/sandbox/api/clock", {"advance_seconds": 91})
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await box.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}")


async def test_a_bot_message_has_the_documented_shape(box: Box, bot: StreamBot) -> None:
    await box.say("dingtalk", "liming", "报销")
    frame, data = bot.frames[-1], bot.data()
    assert (frame["type"], frame["specVersion"], frame["headers"]["topic"]) == (
        "CALLBACK",
        "1.0",
        "/v1.0/im/bot/messages/get",
    )
    assert (data["senderStaffId"], data["conversationType"], data["text"]["content"]) == (
        "liming",
        "1",
        "报销",
    )
    await box.say("dingtalk", "liming", "请假", group="sales-group")
    data = bot.data()
    assert (data["conversationId"], data["conversationType"], data["text"]["content"]) == (
        "cidSales",
        "2",
        " 请假",
    )
    assert data["isInAtList"] is True


async def test_an_unacked_message_comes_again_with_the_same_msg_id(box: Box, bot: StreamBot) -> None:
    """没应答就再投:msgId 不变,headers.messageId 变;一共三次。"""
    bot.answer = lambda frame: None
    saying = asyncio.create_task(box.say("dingtalk", "liming", "在吗"))
    await until(lambda: len(bot.frames) == 1)
    for count in (2, 3):
        await box.post("/sandbox/api/clock", {"advance_seconds": 61})
        await until(lambda count=count: len(bot.frames) == count)
    await box.post("/sandbox/api/clock", {"advance_seconds": 61})
    assert (await saying)["acked"] is False
    assert len(bot.frames) == 3
    assert len({bot.data(i)["msgId"] for i in range(3)}) == 1
    assert len({f["headers"]["messageId"] for f in bot.frames}) == 3


async def test_a_late_ack_of_the_first_delivery_still_counts(box: Box, bot: StreamBot) -> None:
    async def slow(frame: Any) -> Any:
        await asyncio.sleep(0.2)
        return {"response": None}

    bot.answer = slow
    assert (await box.say("dingtalk", "liming", "在吗"))["acked"] is True
    await box.post("/sandbox/api/clock", {"advance_seconds": 300})
    await asyncio.sleep(0.1)
    assert len(bot.frames) == 1


async def test_an_event_put_off_comes_again(box: Box, bot: StreamBot) -> None:
    answers = iter([{"status": "LATER"}, {"status": "SUCCESS"}])
    bot.answer = lambda frame: next(answers)
    telling = asyncio.create_task(
        box.post(
            "/sandbox/api/event",
            {"platform": "dingtalk", "event": "user_leave_org", "data": {"userId": ["x"]}},
        )
    )
    await until(lambda: len(bot.frames) == 1)
    await box.post("/sandbox/api/clock", {"advance_seconds": 4})
    assert (await telling)["acked"] is True
    assert [f["headers"]["eventType"] for f in bot.frames] == ["user_leave_org"] * 2
    assert len({f["headers"]["eventId"] for f in bot.frames}) == 1


async def test_after_disconnect_nothing_comes_and_tcp_ends(box: Box, bot: StreamBot) -> None:
    await box.faults("dingtalk", disconnect=True, redeliver_seconds=0.05)
    await until(lambda: bot.frames and bot.frames[-1]["headers"]["topic"] == "disconnect")
    assert (await box.say("dingtalk", "liming", "在吗"))["acked"] is False
    assert [f["headers"]["topic"] for f in bot.frames] == ["disconnect"]
    await box.post("/sandbox/api/clock", {"advance_seconds": 11})
    await until(lambda: bot.socket.closed)


async def test_a_zombie_link_is_up_and_silent(box: Box, bot: StreamBot) -> None:
    await box.faults("dingtalk", zombie=True, redeliver_seconds=0.05)
    assert (await box.say("dingtalk", "liming", "在吗"))["acked"] is False
    assert (bot.frames, bot.socket.closed) == ([], False)
    await box.faults("dingtalk", reset=True)
    assert (await box.say("dingtalk", "liming", "在吗"))["acked"] is True


async def test_cut_and_garbage(box: Box, bot: StreamBot) -> None:
    other = await StreamBot(box).connect()
    texts = []
    other.reading.cancel()
    await box.faults("dingtalk", garbage=True)
    texts.append((await other.socket.receive()).data)
    assert texts == ["{not json"]
    await box.faults("dingtalk", cut=True)
    assert (await other.socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert (await box.get("/sandbox/api/health"))["dingtalk"]["connections"] == 0


async def test_pushes_are_spread_over_the_links_at_random(box: Box, bot: StreamBot) -> None:
    other = await StreamBot(box).connect()
    for number in range(12):
        await box.say("dingtalk", "liming", str(number))
    assert len(bot.frames) + len(other.frames) == 12
    assert min(len(bot.frames), len(other.frames)) >= 1
    await other.close()


async def test_a_duplicate_delivery_on_request(box: Box, bot: StreamBot) -> None:
    await box.faults("dingtalk", duplicate_rate=1.0)
    await box.say("dingtalk", "liming", "一次")
    await until(lambda: len(bot.frames) == 2)
    assert bot.data(0)["msgId"] == bot.data(1)["msgId"]


async def test_a_frame_with_an_error_code_is_not_an_ack(box: Box, bot: StreamBot) -> None:
    async def refuse(frame: Any) -> None:
        ack = {
            "code": 500,
            "headers": {"messageId": frame["headers"]["messageId"]},
            "message": "x",
            "data": "",
        }
        await bot.socket.send_str(json.dumps(ack))

    bot.answer = refuse
    await box.faults("dingtalk", redeliver_seconds=0.05)
    assert (await box.say("dingtalk", "liming", "在吗"))["acked"] is False
    assert len(bot.frames) == 3
