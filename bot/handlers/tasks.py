"""Presses on approval tasks and on progress cards: 同意, 拒绝, 退回, 撤回."""

from __future__ import annotations

from bot.cards import Answer, Text
from bot.desk import Desk, Pressed, delivery_of
from bot.views import REASON, REMARK, WHERE
from core.commands import Decide, Urge, Withdraw

FORGED = "这张卡片的按钮无法核对，请以最新的卡片为准。"


async def approve(desk: Desk, pressed: Pressed) -> Answer:
    """同意: one tap."""
    return await _decide(desk, pressed, "approve", "")


async def ask_reject(desk: Desk, pressed: Pressed) -> Answer:
    """拒绝: the same card asks for the reason."""
    return await desk.answer(pressed, ask="reject")


async def ask_approve(desk: Desk, pressed: Pressed) -> Answer:
    """同意, where the step wants a reason for it."""
    return await desk.answer(pressed, ask="approve")


async def approve_with_reason(desk: Desk, pressed: Pressed) -> Answer:
    """确认同意, with its reason."""
    return await _decide(desk, pressed, "approve", _comment(pressed))


async def ask_return(desk: Desk, pressed: Pressed) -> Answer:
    """退回: the same card asks for the reason."""
    return await desk.answer(pressed, ask="return")


async def reject(desk: Desk, pressed: Pressed) -> Answer:
    """确认拒绝, with its reason."""
    return await _decide(desk, pressed, "reject", _comment(pressed))


async def send_back(desk: Desk, pressed: Pressed) -> Answer:
    """确认退回, with its reason."""
    return await _decide(desk, pressed, "return", _comment(pressed))


async def back(desk: Desk, pressed: Pressed) -> Answer:
    """返回: the card as it was."""
    return await desk.answer(pressed)


async def withdraw(desk: Desk, pressed: Pressed) -> Answer:
    """撤回 by the initiator."""
    instance = pressed.click.values.get("instance", "")
    command = Withdraw(pressed.person.id, instance)
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    return await desk.answer(pressed, "" if outcome.ok else outcome.message)


async def urge(desk: Desk, pressed: Pressed) -> Answer:
    """催办 by the initiator."""
    command = Urge(pressed.person.id, pressed.click.values.get("instance", ""))
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    return await desk.answer(pressed, outcome.message)


def _comment(pressed: Pressed) -> str:
    parts = [pressed.click.inputs.get(name) for name in (REASON, REMARK)]
    return "；".join(str(one).strip() for one in parts if one)[:500]


async def _decide(desk: Desk, pressed: Pressed, verdict: str, comment: str) -> Answer:
    if pressed.card.subject_kind != "task":
        return Answer(Text("这张卡片不是审批，不能这样操作。"))
    if pressed.shown is None:
        await desk.note_refused(pressed.person.id, pressed.card.subject_id, verdict, FORGED)
        return await desk.answer(pressed, FORGED)
    to = str(pressed.click.inputs.get(WHERE) or "") if verdict == "return" else ""
    command = Decide(pressed.person.id, pressed.card.subject_id, verdict, comment, pressed.version, to=to)
    outcome = await desk.perform(command, delivery_of(pressed.click), pressed.card.id)
    return await desk.answer(pressed, "" if outcome.ok else outcome.message)
