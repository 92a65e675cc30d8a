"""The callback route as WeCom uses it: verified, answered in time, read back with wechatpy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from fake_wecom import AES_KEY, CORP, TOKEN, Setup, started
from prometheus_client import REGISTRY
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.adapters.base import PlatformError
from bot.adapters.wecom import PATH
from bot.adapters.wecom_crypto import Cipher, encrypted_of, read_xml
from bot.cards import Answer, Button, Card, Click, Said, Text, Tone

DONE = Card("报销 BX-1", tone=Tone.DONE, note="王经理 已同意")
CLICK = (
    "<xml><ToUserName><![CDATA[wwCORP]]></ToUserName><FromUserName><![CDATA[LiMing]]></FromUserName>"
    "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[approve|tok]]></EventKey>"
    "<TaskId><![CDATA[task-1]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>"
    "<ResponseCode><![CDATA[RC1]]></ResponseCode><AgentID>1000002</AgentID></xml>"
)
SAID = (
    "<xml><ToUserName><![CDATA[wwCORP]]></ToUserName><FromUserName><![CDATA[LiMing]]></FromUserName>"
    "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[待办]]></Content><MsgId>7001</MsgId><AgentID>1000002</AgentID></xml>"
)


@dataclass
class Phone:
    """Sends callbacks as the platform does, and reads what comes back."""

    setup: Setup
    client: TestClient
    received: list[Click | Said]
    shown: list[str]

    def signed(
        self, xml: str, keys: tuple[str, str, str] = (TOKEN, AES_KEY, CORP)
    ) -> tuple[dict[str, str], str]:
        at = str(int(self.setup.clock.now.timestamp()))
        envelope = Cipher(*keys).seal(xml, timestamp=at, nonce="n-1", salt=b"0123456789abcdef")
        query = {
            "msg_signature": read_xml(envelope).findtext("MsgSignature") or "",
            "timestamp": at,
            "nonce": "n-1",
        }
        cdata = f"<ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>"
        return query, f"<xml>{cdata}<Encrypt><![CDATA[{encrypted_of(envelope.encode())}]]></Encrypt></xml>"

    async def post(self, xml: str) -> tuple[int, str]:
        query, body = self.signed(xml)
        return await self.raw(query, body)

    async def raw(self, query: dict[str, str], body: str | bytes) -> tuple[int, str]:
        async with self.client.post(PATH, params=query, data=body) as response:
            return response.status, await response.text()

    async def reply(self, xml: str) -> ET.Element:
        """The decrypted passive reply, checked and opened by wechatpy."""
        status, body = await self.post(xml)
        assert status == 200
        root = ET.fromstring(body)
        values = [root.findtext(tag) or "" for tag in ("MsgSignature", "TimeStamp", "Nonce")]
        return ET.fromstring(WeChatCrypto(TOKEN, AES_KEY, CORP).decrypt_message(body, *values))


Reply = Card | Text | None | Callable[[Click | Said], Awaitable[Card | Text | None]]


@asynccontextmanager
async def phone(
    answer: Reply = None, *, answer_seconds: float = 4.5, runs: bool = True
) -> AsyncIterator[Phone]:
    async with started(answer_seconds) as setup:
        app = web.Application()
        app.add_routes(setup.wecom.routes())
        received: list[Click | Said] = []
        shown: list[str] = []

        async def receive(said: Click | Said) -> Answer:
            received.append(said)
            message = await answer(said) if callable(answer) else answer

            async def tell() -> None:
                shown.append(said.delivery)

            return Answer(message, tell)

        running = asyncio.create_task(setup.wecom.run(receive)) if runs else None
        try:
            async with TestClient(TestServer(app)) as client:
                yield Phone(setup, client, received, shown)
        finally:
            if running:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  any condition, not one event
            await asyncio.sleep(0.01)


def refusals(reason: str) -> float:
    labels = {"platform": "wecom", "reason": reason}
    return REGISTRY.get_sample_value("zhongshu_frames_refused_total", labels) or 0.0


async def test_the_consoles_save_is_answered_to_the_byte():
    """GET with an echostr: plain text, nothing around it, plus signs percent-encoded or not."""
    async with phone() as p:
        query, body = p.signed("1616140317555161061")
        query["echostr"] = encrypted_of(body.encode())
        for text in (urlencode(query), urlencode(query).replace("%2B", "+")):
            async with p.client.get(f"{PATH}?{text}") as response:
                assert (response.status, await response.read()) == (200, b"1616140317555161061")
        query["msg_signature"] = "0" * 40
        async with p.client.get(PATH, params=query) as response:
            assert (response.status, await response.text()) == (403, "forbidden")


async def test_a_press_is_answered_with_the_decided_card():
    """Inside the answer, for the presser, encrypted, greyed; and shown only afterwards."""
    async with phone(DONE) as p:
        reply = await p.reply(CLICK)
        assert (reply.findtext("ToUserName"), reply.findtext("FromUserName")) == ("LiMing", CORP)
        assert reply.findtext("MsgType") == "update_template_card"
        assert reply.findtext("TemplateCard/ReplaceText") == "已处理"
        click = p.received[0]
        assert isinstance(click, Click)
        assert (click.actor, click.card, click.button, click.token, click.code) == (
            "LiMing",
            "task-1",
            "approve",
            "tok",
            "RC1",
        )
        await until(lambda: p.shown)
        assert p.shown == [click.delivery]
        assert p.setup.cloud.calls == []


async def test_shown_runs_after_the_last_byte(monkeypatch):
    """The answer is on the wire while `shown` has not begun."""
    write = web.Response.write_eof
    async with phone(DONE) as p:

        async def slow_write(self: web.Response, data: bytes = b"") -> None:
            await write(self, data)
            await asyncio.sleep(0.05)
            p.shown.append("written")

        monkeypatch.setattr(web.Response, "write_eof", slow_write)
        await p.post(CLICK)
        await until(lambda: len(p.shown) == 2)
        assert p.shown == ["written", p.received[0].delivery]


@pytest.mark.parametrize("xml", [CLICK, SAID])
async def test_words_are_a_passive_text(xml):
    async with phone(Text("已由王经理处理 ]]>")) as p:
        reply = await p.reply(xml)
        assert (reply.findtext("MsgType"), reply.findtext("Content")) == ("text", "已由王经理处理 ]]>")
        await until(lambda: p.shown)


@pytest.mark.parametrize("xml", [CLICK, SAID])
async def test_nothing_to_answer_is_an_empty_200(xml):
    async with phone(None) as p:
        assert await p.post(xml) == (200, "")
        await until(lambda: p.shown)
        assert p.setup.cloud.calls == []


async def test_a_card_for_a_word_is_sent_after_the_ack():
    """A message has no card to replace; the key is the same for each redelivery."""
    async with phone(Card("待办", buttons=(Button("go", "处理"),))) as p:
        assert await p.post(SAID) == (200, "")
        await until(lambda: p.shown)
        await p.post(SAID)
        await until(lambda: len(p.shown) == 2)
        sent = p.setup.cloud.bodies("message/send")
        assert [body["touser"] for body in sent] == ["LiMing", "LiMing"]
        assert sent[0]["template_card"]["task_id"] == sent[1]["template_card"]["task_id"]


async def test_a_long_text_is_sent_in_parts_after_the_ack():
    async with phone(Text("一行字\n" * 300)) as p:
        assert await p.post(SAID) == (200, "")
        await until(lambda: p.shown)
        assert len(p.setup.cloud.bodies("message/send")) == 2


@pytest.mark.parametrize("kind", ["image", "voice", "video", "file", "location", "link"])
async def test_what_is_not_text_gets_a_polite_word(kind):
    async with phone() as p:
        reply = await p.reply(SAID.replace("[text]", f"[{kind}]"))
        assert reply.findtext("Content") == "暂时只认识文字，输入 帮助 看看能做什么"
        assert p.received == []


@pytest.mark.parametrize("event", ["enter_agent", "subscribe", "change_contact", "新事件"])
async def test_other_events_are_taken_and_ignored(event):
    async with phone() as p:
        assert await p.post(CLICK.replace("template_card_event", event)) == (200, "")
        assert p.received == []


async def test_a_slow_answer_arrives_as_an_update():
    """The platform gets its 200 in time; the card follows by the press's own code, then `shown`."""
    gate = asyncio.Event()

    async def slow(said: Click | Said) -> Card:
        await gate.wait()
        return DONE

    async with phone(slow, answer_seconds=0.1) as p:
        assert await p.post(CLICK) == (200, "")
        assert (p.shown, p.setup.cloud.calls) == ([], [])
        gate.set()
        await until(lambda: p.shown)
        body = p.setup.cloud.bodies("message/update_template_card")[0]
        assert (body["response_code"], body["userids"]) == ("RC1", ["LiMing"])


async def test_an_answer_that_may_have_come_too_late_is_not_taken_for_shown(monkeypatch):
    """The reply carries the card, but the platform may have stopped listening: the outbox shows it again."""
    monkeypatch.setattr("bot.adapters.wecom.SURE_SECONDS", 0.05)

    async def slow(said: Click | Said) -> Card:
        await asyncio.sleep(0.2)
        return DONE

    async with phone(slow) as p:
        status, reply = await p.post(CLICK)
        assert status == 200
        assert reply
        await asyncio.sleep(0.1)
        assert p.shown == []


async def test_a_slow_word_arrives_as_a_message():
    async def slow(said: Click | Said) -> Text:
        await asyncio.sleep(0.2)
        return Text("稍后")

    async with phone(slow, answer_seconds=0.05) as p:
        assert await p.post(SAID) == (200, "")
        await until(lambda: p.shown)
        assert p.setup.cloud.bodies("message/send")[0]["text"] == {"content": "稍后"}


async def test_a_late_answer_is_tried_again_when_busy_and_left_when_gone():
    """`shown` is only told when the platform took it."""

    async def slow(said: Click | Said) -> Card:
        await asyncio.sleep(0.1)
        return DONE

    async with phone(slow, answer_seconds=0.01) as p:
        p.setup.cloud.then("message/update_template_card", (502, ""), {"errcode": 0})
        await p.post(CLICK)
        await until(lambda: p.shown)
        assert len(p.setup.cloud.bodies("message/update_template_card")) == 2
        p.setup.cloud.then("message/update_template_card", {"errcode": 42022})
        await p.post(CLICK.replace("RC1", "RC2"))
        await until(lambda: len(p.setup.cloud.bodies("message/update_template_card")) == 3)
        await p.setup.wecom.close()
        assert len(p.shown) == 1


async def test_a_failing_handler_makes_the_platform_ask_again():
    """500: WeCom delivers once more, and the door answers the same."""
    tries: list[int] = []

    async def flaky(said: Click | Said) -> Card:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("database is locked")
        return DONE

    async with phone(flaky) as p:
        assert (await p.post(CLICK))[0] == 500
        assert (await p.reply(CLICK)).findtext("MsgType") == "update_template_card"
        assert p.received[0] == p.received[1]


async def test_a_late_failure_ends_quietly():
    async def broken(said: Click | Said) -> Card:
        await asyncio.sleep(0.05)
        raise RuntimeError("too late")

    async with phone(broken, answer_seconds=0.01) as p:
        assert await p.post(CLICK) == (200, "")
        await p.setup.wecom.close()
        assert (p.shown, p.setup.cloud.calls) == ([], [])


async def test_a_card_that_cannot_be_drawn_is_not_asked_for_again():
    async with phone(Card("", buttons=(Button("a", "x"),))) as p:
        assert await p.post(CLICK) == (200, "")


async def test_redelivery_has_one_key_and_a_second_press_another():
    """Fresh cipher, same XML: the door sees the same delivery."""
    async with phone(DONE) as p:
        await p.post(CLICK)
        p.setup.clock.move(seconds=5)
        await p.post(CLICK)
        await p.post(CLICK.replace("RC1", "RC2"))
        keys = [said.delivery for said in p.received]
        assert keys[0] == keys[1] != keys[2]


async def test_nonces_are_our_own():
    """The asker's nonce is not reflected, and no two replies share one."""
    async with phone(DONE) as p:
        nonces = {ET.fromstring((await p.post(CLICK))[1]).findtext("Nonce") for _ in range(5)}
        assert len(nonces) == 5
        assert "n-1" not in nonces


async def test_before_the_start_it_is_503():
    async with phone(runs=False) as p:
        assert (await p.post(CLICK))[0] == 503
        assert not p.setup.wecom.healthy()


async def test_healthy_while_running():
    async with phone() as p:
        assert p.setup.wecom.healthy()


OTHER_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (("wrong", AES_KEY, CORP), "signature"),
        ((TOKEN, OTHER_KEY, CORP), "decrypt"),
        ((TOKEN, AES_KEY, "wwOTHER"), "receiver"),
    ],
)
async def test_a_wrong_setting_is_named_for_the_doctor(keys, reason):
    """One text outside; log, counter, last_refusal and the doctor know which setting."""
    async with phone() as p:
        before = refusals(reason)
        query, body = p.signed(CLICK, keys)
        assert await p.raw(query, body) == (403, "forbidden")
        assert (p.setup.wecom.last_refusal, refusals(reason)) == (reason, before + 1)
        p.setup.cloud.then("message/send", {"errcode": 81013})
        assert [f.name for f in await p.setup.wecom.check() if not f.ok] == ["企业微信回调"]
        await p.post(CLICK)
        assert p.setup.wecom.last_refusal == ""


async def test_every_bent_request_is_one_403():
    """Missing, doubled, stale, foreign, plain, broken: the same answer, and nothing reaches the handler."""
    async with phone() as p:
        query, body = p.signed(CLICK)
        cases: list[tuple[dict[str, str] | str, str | bytes]] = [
            *(({name: value for name, value in query.items() if name != left}, body) for left in query),
            ({}, body),
            ({**query, "msg_signature": ""}, body),
            ({**query, "timestamp": "1"}, body),
            ({**query, "nonce": "n-2"}, body),
            (urlencode(query) + "&nonce=n-1", body),
            (query, body.replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[A")),
            (query, CLICK),
            (query, ""),
            (query, b"\xff\xfe"),
            (query, "<!DOCTYPE x>" + body),
            (query, "<xml>" * 5000),
            (query, '{"encrypt": "x"}'),
        ]
        for query_, body_ in cases:
            text = query_ if isinstance(query_, str) else urlencode(query_)
            async with p.client.post(f"{PATH}?{text}", data=body_) as response:
                assert (response.status, await response.text()) == (403, "forbidden"), (query_, body_)
        p.setup.clock.move(seconds=301)
        assert await p.raw(query, body) == (403, "forbidden")
        assert p.setup.wecom.last_refusal == "timestamp"
        assert p.received == []


async def test_a_big_body_is_413():
    """With or without a Content-Length."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 8192

    async with phone() as p:
        query, _ = p.signed(CLICK)
        assert (await p.raw(query, b"x" * 65537))[0] == 413
        async with p.client.post(PATH, params=query, data=chunks()) as response:
            assert response.status == 413


async def test_close_waits_for_what_is_under_way():
    done: list[str] = []

    async def slow(said: Click | Said) -> None:
        await asyncio.sleep(0.2)
        done.append("done")

    async with phone(slow, answer_seconds=0.01) as p:
        await p.post(CLICK)
        await p.setup.wecom.close()
        assert done == ["done"]


async def test_a_malformed_key_leaves_sending_alive():
    """Callbacks answer 503 until the key is mended; cards still go out."""
    async with started(aes_key="short") as s:
        app = web.Application()
        app.add_routes(s.wecom.routes())
        async with TestClient(TestServer(app)) as client:
            assert (await client.post(PATH)).status == 503
            assert (await client.get(PATH)).status == 503
        assert not s.wecom.healthy()
        await s.wecom.send("LiMing", Text("hi"), "k")
        with pytest.raises(PlatformError):
            await s.wecom.send("LiMing", Text(""), "k")
