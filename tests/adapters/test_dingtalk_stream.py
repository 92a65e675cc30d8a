"""The life of the link: acks on the right socket, hand-over, bad frames, loss, zombies, bounds, the end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dingtalk_cloud import RECORDED, Cloud, cloud_and_adapter
from dingtalk_stream.frames import CallbackMessage, Headers, SystemMessage

from bot.adapters.counters import FRAMES_REFUSED
from bot.adapters.dingtalk import Deadlines, DingTalk
from bot.adapters.dingtalk_intake import BUSY, FAILED
from bot.adapters.dingtalk_stream import Timing
from bot.cards import Answer, Card, Click, Said, Text, Tone

QUICK = Timing(first_wait=0.05, ping=0.05, quiet=5, frameless=5, handover=0.6, goodbye=0.5)


class Desk:
    """A `receive` that notes what came and answers as told; `gate` holds it up while it is not set."""

    def __init__(self, answer: Card | Text | None = None) -> None:
        self.came: list[Click | Said] = []
        self.shown = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.answer = answer
        self.fail = False

    async def receive(self, told: Click | Said) -> Answer:
        self.came.append(told)
        await self.gate.wait()
        if self.fail:
            raise RuntimeError("database is gone")
        return Answer(self.answer, self._shown)

    async def _shown(self) -> None:
        self.shown += 1


@asynccontextmanager
async def running(
    desk: Desk, timing: Timing = QUICK, deadlines: Deadlines | None = None
) -> AsyncIterator[tuple[Cloud, DingTalk]]:
    async with cloud_and_adapter(timing, deadlines) as (cloud, adapter):
        life = asyncio.create_task(adapter.run(desk.receive))
        try:
            yield cloud, adapter
        finally:
            life.cancel()
            await asyncio.wait({life}, timeout=5)
            assert life.done()


async def until(true: Callable[[], Any], seconds: float = 3.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


def frame(name: str, message_id: str = "", **data: Any) -> dict[str, Any]:
    told = json.loads(json.dumps(RECORDED[name]))
    if message_id:
        told["headers"]["messageId"] = message_id
    if data:
        told["data"] = json.dumps(json.loads(told["data"]) | data)
    return told  # type: ignore[no-any-return]


def refused(reason: str) -> float:
    return float(FRAMES_REFUSED.labels("dingtalk", reason)._value.get())


async def test_a_ping_is_answered_with_what_it_brought() -> None:
    async with running(Desk()) as (cloud, adapter):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["ping"])
        ack = await wire.ack()
        assert ack == RECORDED["ping_ack"]
        assert SystemMessage.from_dict(ack).data == {"opaque": "0ab1-dsfs"}
        assert adapter.healthy()


async def test_an_event_is_acknowledged() -> None:
    async with running(Desk()) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["event"])
        ack = await wire.ack()
        assert json.loads(ack["data"])["status"] == "SUCCESS"
        assert ack["headers"]["messageId"] == RECORDED["event"]["headers"]["messageId"]


async def test_a_press_is_answered_inside_the_ack_by_the_new_card() -> None:
    desk = Desk(Card(title="已同意", tone=Tone.DONE))
    async with running(desk) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["card_button"])
        ack = await wire.ack()
        assert Headers.from_dict(ack["headers"]).message_id == "c0a803f8_1718247161_1"
        response = CallbackMessage.from_dict(ack).data["response"]
        assert response["cardUpdateOptions"] == {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
        assert response["cardData"]["cardParamMap"]["title"] == "已同意"
        assert response["cardData"]["cardParamMap"]["form_status"] == "disabled"
        await until(lambda: desk.shown == 1)
        assert not cloud.bodies("/v1.0/card/instances"), "no API call is needed for the presser's own card"


async def test_a_text_answer_becomes_the_note() -> None:
    async with running(Desk(Text("已由王经理处理"))) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["card_button"])
        ack = await wire.ack()
        data = json.loads(ack["data"])["response"]["cardData"]["cardParamMap"]
        assert data == {"note": "已由王经理处理", "has_note": "true"}


async def test_a_slow_press_is_answered_empty_in_time_and_the_card_follows() -> None:
    desk = Desk(Card(title="已同意"))
    desk.gate.clear()
    async with running(desk, deadlines=Deadlines(press=0.2)) as (cloud, _):
        wire = await cloud.wire(1)
        started = time.monotonic()
        await wire.push(RECORDED["card_button"])
        ack = await wire.ack()
        assert time.monotonic() - started < 0.5
        assert json.loads(ack["data"]) == {"response": {}}
        assert not cloud.bodies("/v1.0/card/instances")
        desk.gate.set()
        await until(lambda: desk.shown == 1)
        (update,) = cloud.bodies("/v1.0/card/instances")
        assert update["outTrackId"] == "appr-R-1-7f3a"
        assert update["cardUpdateOptions"]["updateCardDataByKey"] is True
        assert update["cardData"]["cardParamMap"]["title"] == "已同意"


async def test_an_answer_that_may_have_come_too_late_is_not_taken_for_shown() -> None:
    desk = Desk(Card(title="已同意"))
    desk.gate.clear()
    async with running(desk, deadlines=Deadlines(press=2.0, sure=0.05)) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["card_button"])
        await asyncio.sleep(0.2)
        desk.gate.set()
        ack = await wire.ack()
        assert json.loads(ack["data"])["response"]["cardData"]["cardParamMap"]["title"] == "已同意"
        await asyncio.sleep(0.1)
        assert desk.shown == 0, "the outbox shows it once more"


async def test_a_message_is_acked_only_after_it_was_received_and_then_answered() -> None:
    desk = Desk(Text("您有 2 个待办"))
    desk.gate.clear()
    async with running(desk) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["text"])
        await until(lambda: desk.came)
        with pytest.raises(TimeoutError):
            await wire.ack(0.2)
        desk.gate.set()
        assert json.loads((await wire.ack())["data"]) == {"response": {}}
        await until(lambda: desk.shown == 1)
        (sent,) = cloud.bodies("/v1.0/robot/oToMessages/batchSend")
        assert (sent["userIds"], json.loads(sent["msgParam"])) == (["emp_a"], {"content": "您有 2 个待办"})


async def test_a_message_that_failed_is_not_acked_and_the_next_one_is_taken() -> None:
    desk = Desk()
    desk.fail = True
    before = refused("handler_error")
    async with running(desk) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(frame("text", "m1"))
        await until(lambda: refused("handler_error") == before + 1)
        desk.fail = False
        await wire.push(frame("text", "m2"))
        assert (await wire.ack())["headers"]["messageId"] == "m2"
        assert wire.received.empty()


async def test_a_press_that_failed_says_so_on_the_card() -> None:
    desk = Desk()
    desk.fail = True
    async with running(desk) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(RECORDED["card_button"])
        ack = await wire.ack()
        assert json.loads(ack["data"])["response"]["cardData"]["cardParamMap"]["note"] == FAILED
        assert desk.shown == 0


async def test_a_group_is_answered_by_its_session() -> None:
    async with running(Desk(Text("好的"))) as (cloud, _):
        wire = await cloud.wire(1)
        cloud.script["/robot/sendBySession"] = [(200, {"errcode": 0, "errmsg": "ok"})]
        await wire.push(frame("group_text", sessionWebhook=f"{cloud.base}/robot/sendBySession?session=1"))
        await wire.ack()
        await until(lambda: cloud.bodies("/robot/sendBySession"))
        (sent,) = cloud.bodies("/robot/sendBySession")
        assert sent["at"]["atUserIds"] == ["emp_b"]


async def test_a_foreign_or_expired_session_is_answered_to_the_person() -> None:
    async with running(Desk(Text("好的"))) as (cloud, _):
        wire = await cloud.wire(1)
        await wire.push(frame("group_text", "m1", sessionWebhook="http://evil.example/x"))
        await until(lambda: len(cloud.bodies("/v1.0/robot/oToMessages/batchSend")) == 1)
        cloud.script["/robot/sendBySession"] = [(200, {"errcode": 300005, "errmsg": "token is not exist"})]
        await wire.push(frame("group_text", "m2", sessionWebhook=f"{cloud.base}/robot/sendBySession"))
        await until(lambda: len(cloud.bodies("/v1.0/robot/oToMessages/batchSend")) == 2)


BAD = [
    ("{", "not_json", ""),
    ("[]", "no_headers", ""),
    ('{"headers": 7}', "no_headers", ""),
    ('{"type":"CALLBACK","headers":{"messageId":"bad"},"data":"{"}', "data_not_json", "bad"),
    ('{"type":"CALLBACK","headers":{"messageId":"bad"},"data":"[1]"}', "data_not_object", "bad"),
    ("[" * 100_000, "not_json", ""),
    (b"\xff\xfe", "not_json", ""),
]


@pytest.mark.parametrize(("raw", "reason", "acked"), BAD)
async def test_a_bad_frame_is_counted_and_the_link_lives(raw: str | bytes, reason: str, acked: str) -> None:
    before = refused(reason)
    async with running(Desk()) as (cloud, _):
        wire = await cloud.wire(1)
        if isinstance(raw, bytes):
            await wire.socket._writer.send_frame(raw, 1)  # type: ignore[union-attr]  # text that is not UTF-8
        else:
            await wire.socket.send_str(raw)
        if acked:
            ack = await wire.ack()
            assert (ack["code"], ack["headers"]["messageId"]) == (400, acked)
        await wire.push(RECORDED["ping"])
        assert (await wire.ack())["code"] == 200
        assert refused(reason) == before + 1
        assert len(cloud.wires) == 1


async def test_an_unknown_topic_is_not_implemented() -> None:
    async with running(Desk()) as (cloud, _):
        wire = await cloud.wire(1)
        told = frame("text", "m1")
        told["headers"]["topic"] = "/v1.0/graph/api/invoke"
        await wire.push(told)
        assert (await wire.ack())["code"] == 404


async def test_disconnect_opens_the_next_link_first_and_pending_acks_go_to_the_old_one() -> None:
    desk = Desk()
    desk.gate.clear()
    async with running(desk) as (cloud, adapter):
        first = await cloud.wire(1)
        await first.push(frame("text", "pending"))
        await until(lambda: desk.came)
        await first.push(RECORDED["disconnect"])
        second = await cloud.wire(2)
        assert not first.gone.is_set()
        await until(adapter.healthy)
        await second.push(frame("text", "fresh"))
        await until(lambda: len(desk.came) == 2)
        desk.gate.set()
        assert (await first.ack())["headers"]["messageId"] == "pending"
        assert (await second.ack())["headers"]["messageId"] == "fresh"
        await asyncio.wait_for(first.gone.wait(), 2)
        assert not second.gone.is_set()


async def test_an_old_link_is_kept_no_longer_than_the_hand_over() -> None:
    desk = Desk()
    desk.gate.clear()
    async with running(desk) as (cloud, _):
        first = await cloud.wire(1)
        await first.push(frame("text", "pending"))
        await until(lambda: desk.came)
        await first.push(RECORDED["disconnect"])
        await cloud.wire(2)
        await asyncio.wait_for(first.gone.wait(), 2)
        desk.gate.set()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_lost_link_is_back_within_a_second(how: str) -> None:
    async with running(Desk(), Timing()) as (cloud, adapter):
        first = await cloud.wire(1)
        started = time.monotonic()
        if how == "close":
            await first.socket.close()
        else:
            transport = first.socket._req.transport  # type: ignore[union-attr]
            assert transport is not None
            transport.abort()
        second = await cloud.wire(2)
        assert time.monotonic() - started < 1.2
        await until(adapter.healthy)
        await second.push(RECORDED["ping"])
        assert (await second.ack())["code"] == 200


async def test_a_close_storm_is_met_with_growing_pauses() -> None:
    timing = Timing(first_wait=0.02, longest_wait=10)
    async with running(Desk(), timing) as (cloud, _):
        end = time.monotonic() + 2.0
        served = 0
        while time.monotonic() < end:
            if len(cloud.wires) > served:
                await cloud.wires[served].socket.close()
                served += 1
            await asyncio.sleep(0.005)
        assert 2 <= cloud.opens <= 14


async def test_a_refused_app_is_unhealthy_and_asks_seldom() -> None:
    async with cloud_and_adapter(Timing(first_wait=0.01, refused_wait=0.3)) as (cloud, adapter):
        cloud.open_status = 401
        life = asyncio.create_task(adapter.run(Desk().receive))
        await asyncio.sleep(0.45)
        assert not adapter.healthy()
        assert cloud.opens == 2
        cloud.open_status = 200
        await until(adapter.healthy)
        life.cancel()
        await asyncio.wait({life}, timeout=3)


async def test_a_half_open_link_is_replaced() -> None:
    timing = Timing(first_wait=0.05, ping=0.05, quiet=0.3, frameless=60, handover=0.1, goodbye=0.2)
    async with running(Desk(), timing) as (cloud, _):
        first = await cloud.wire(1)
        first.answers_pings = False
        await cloud.wire(2, seconds=2)
        await asyncio.wait_for(first.gone.wait(), 2)


async def test_a_zombie_that_answers_pings_but_brings_no_frame_is_replaced() -> None:
    timing = Timing(first_wait=0.05, ping=0.05, quiet=5, frameless=0.3, handover=0.1, goodbye=0.2)
    async with running(Desk(), timing) as (cloud, _):
        first = await cloud.wire(1)
        await first.push(RECORDED["ping"])
        await first.ack()
        await cloud.wire(2, seconds=2)


async def test_a_quiet_link_of_a_platform_that_never_pings_is_left_alone() -> None:
    timing = Timing(first_wait=0.05, ping=0.05, quiet=5, frameless=0.2)
    async with running(Desk(), timing) as (cloud, adapter):
        await cloud.wire(1)
        await asyncio.sleep(0.6)
        assert len(cloud.wires) == 1
        assert adapter.healthy()


async def test_bounds_presses_hear_that_we_are_busy_and_messages_come_again() -> None:
    desk = Desk()
    desk.gate.clear()
    timing = Timing(first_wait=0.05, handlers=2, waiting=1, goodbye=0.2)
    async with running(desk, timing) as (cloud, _):
        wire = await cloud.wire(1)
        for number in range(3):
            await wire.push(frame("text", f"m{number}"))
        await until(lambda: len(desk.came) == 2)
        await wire.push(frame("text", "too many"))
        await wire.push(frame("card_button", "press"))
        ack = await wire.ack()
        assert ack["headers"]["messageId"] == "press"
        assert json.loads(ack["data"])["response"]["cardData"]["cardParamMap"]["note"] == BUSY
        desk.gate.set()
        acked = {(await wire.ack())["headers"]["messageId"] for _ in range(3)}
        assert acked == {"m0", "m1", "m2"}
        assert wire.received.empty()


async def test_one_cancel_ends_it_and_nothing_is_left() -> None:
    desk = Desk()
    async with cloud_and_adapter(QUICK) as (cloud, adapter):
        before = asyncio.all_tasks()
        life = asyncio.create_task(adapter.run(desk.receive))
        wire = await cloud.wire(1)
        desk.gate.clear()
        await wire.push(RECORDED["text"])
        await until(lambda: desk.came)
        life.cancel()
        await asyncio.wait({life}, timeout=2)
        assert life.cancelled()
        await asyncio.wait_for(wire.gone.wait(), 1)
        await until(lambda: {t for t in asyncio.all_tasks() if "dingtalk_" in str(t.get_coro())} <= before)


async def test_close_lets_pending_acks_out() -> None:
    desk = Desk()
    desk.gate.clear()
    async with cloud_and_adapter(QUICK) as (cloud, adapter):
        life = asyncio.create_task(adapter.run(desk.receive))
        wire = await cloud.wire(1)
        await wire.push(RECORDED["text"])
        await until(lambda: desk.came)
        asyncio.get_running_loop().call_later(0.1, desk.gate.set)
        await adapter.close()
        assert (await wire.ack(0.5))["code"] == 200
        assert life.done()
