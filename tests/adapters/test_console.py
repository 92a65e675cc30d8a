"""The platform of story tests: one message a key, presses on what is shown, redelivery, faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.adapters.base import Handle, PlatformError
from bot.adapters.console import Console
from bot.cards import Answer, Button, Card, Click, Picture, Said, Text, Tone

OPEN = Card(
    "报销", buttons=(Button("approve", "同意", values={"n": "1"}), Button("reject", "拒绝")), token="t"
)
DONE = Card("报销", tone=Tone.DONE, note="王经理 已同意")


@asynccontextmanager
async def running(
    answer: Card | Text | None = None,
) -> AsyncIterator[tuple[Console, list[Click | Said], list[str]]]:
    console, received, shown = Console(), [], []

    async def receive(said: Click | Said) -> Answer:
        received.append(said)

        async def tell() -> None:
            shown.append(said.delivery)

        return Answer(answer, tell)

    task = asyncio.create_task(console.run(receive))
    try:
        yield console, received, shown
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not console.healthy()


async def test_a_press_replaces_the_pressers_card_only():
    """王经理 presses 同意; his card is decided, 陈会计's copy waits for its own update."""
    async with running(DONE) as (console, received, shown):
        await console.send("wang", OPEN, "k1")
        await console.send("chen", OPEN, "k2")
        await console.click("wang", "同意", {"reason": "好"})
        click = received[0]
        assert (click.actor, click.card, click.button, click.token) == ("wang", "k1", "approve", "t")
        assert (click.values, click.inputs) == ({"n": "1"}, {"reason": "好"})
        assert (console.card("wang"), console.card("chen")) == (DONE, OPEN)
        assert shown == [click.delivery]


async def test_a_button_that_is_not_shown_cannot_be_pressed():
    async with running(DONE) as (console, received, _):
        await console.send("wang", DONE, "k")
        with pytest.raises(LookupError, match="同意"):
            await console.click("wang", "同意")
        with pytest.raises(LookupError):
            await console.click("nobody", "同意")
        assert received == []


async def test_an_old_card_can_be_pressed_by_force_and_twice():
    """A stale press and a redelivery, as the platforms do them."""
    async with running(Text("已由王经理处理")) as (console, received, _):
        await console.send("wang", DONE, "k")
        for _ in range(2):
            await console.press("wang", "k", OPEN.buttons[0], "t", delivery="d1")
        assert [said.delivery for said in received] == ["d1", "d1"]
        assert console.texts("wang") == ["已由王经理处理"] * 2


async def test_the_same_key_is_one_message():
    async with running() as (console, _, _):
        first = await console.send("wang", OPEN, "k")
        assert await console.send("wang", OPEN, "k") == Handle("k", repeated=True)
        assert len(console.chat("wang")) == 1
        await console.update("wang", first, DONE)
        assert (console.card("wang"), console.chat("wang")[0].changes) == (DONE, 1)
        with pytest.raises(PlatformError) as caught:
            await console.update("wang", Handle("unknown"), DONE)
        assert caught.value.gone


async def test_faults_are_raised_in_turn():
    async with running() as (console, _, _):
        console.faults.append(PlatformError("忙", retry_after=1))
        with pytest.raises(PlatformError, match="忙"):
            await console.send("wang", OPEN, "k")
        await console.send("wang", OPEN, "k")


async def test_words_are_answered_and_the_chat_can_be_read():
    async with running(OPEN) as (console, received, _):
        await console.say("wang", "待办")
        await console.send("wang", Picture(b"", "p.png", "销售额 3 月"), "p")
        assert received[0] == Said("console", "wang", "待办", received[0].delivery)
        assert console.transcript("wang") == "【报销】\n[同意] [拒绝]\n\n销售额 3 月"


async def test_login_is_the_person():
    console = Console(name="wecom")
    assert console.login_url("https://x/back?a=1", "S") == "https://x/back?a=1&state=S"
    assert await console.login("wang") == "wang"
    with pytest.raises(PlatformError):
        await console.login("")
