"""The people of the crash proof at work, and what each of them saw when pressing.

Everything is pressed on the sandbox's phones, as a person would: a press that got no answer is pressed again
while the button is still there. What was planned and what was seen is all that the auditor gets from here.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp

from bench.crash_plan import APPROVERS, MANAGER, PHONES, Claim
from bench.phones import Phones, Shown, shown_after
from bench.stage import Stage

REASON = "金额有误"
REFUSALS = ("没有这个按钮", "不能点", "操作没有完成", "系统忙")
DOUBLE = 0.2


class Fate(StrEnum):
    """What the person saw: the button gone in the answer, a note that refused, or no answer."""

    ACKED = "acked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Press:
    """One decisive press on a phone and what came of it."""

    at: float
    claim: int
    person: str
    platform: str
    handle: str
    verdict: str
    fate: Fate
    seconds: float


@dataclass
class Cast:
    """Everybody at once, at most `at_once` acts at a time."""

    stage: Stage
    http: aiohttp.ClientSession
    phones: Phones
    claims: list[Claim]
    dice: random.Random
    at_once: int = 8
    presses: list[Press] = field(default_factory=list)
    decided: set[tuple[int, str]] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    repeats: int = 0

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.at_once)
        self._hands = {person: asyncio.Lock() for person in PHONES}
        self._busy: set[str] = set()
        self._acts: set[asyncio.Task[None]] = set()

    @property
    def wanted(self) -> set[tuple[int, str]]:
        """(claim, approver) pairs that must be decided; a withdrawn claim may or may not be."""
        return {(one.number, who) for one in self.claims if not one.withdraw for who in one.steps}

    @property
    def done(self) -> int:
        """Decisions known to be taken."""
        return len(self.decided & self.wanted)

    @property
    def finished(self) -> bool:
        """Nothing is left to do: all is decided, and who wanted to withdraw did so or came too late."""
        racing = {one.number for one in self.claims if one.withdraw} - self.settled
        return self.done == len(self.wanted) and all(one.made for one in self.claims) and not racing

    async def play(self, limit: float) -> bool:
        """Until everything is decided; False when the time is over first."""
        until = time.monotonic() + limit
        loops = [asyncio.create_task(self._claims(part)) for part in self._parts()]
        loops += [asyncio.create_task(self._watch(person)) for person in PHONES]
        try:
            while not self.finished and time.monotonic() < until:
                await asyncio.sleep(0.2)
                for task in loops:
                    if task.done() and task.exception() is not None:
                        raise RuntimeError("a person of the cast stopped") from task.exception()
        finally:
            for task in (*loops, *self._acts):
                task.cancel()
            await asyncio.gather(*loops, *self._acts, return_exceptions=True)
        return self.finished

    def _parts(self) -> list[list[Claim]]:
        """Each person hands in one claim after the other."""
        return [[one for one in self.claims if one.by == person] for person in MANAGER]

    # --- handing in -------------------------------------------------------------------------------

    async def _claims(self, claims: list[Claim]) -> None:
        for claim in claims:
            # nobody hands in everything at once: the claims last as long as the decisions do
            while self._ahead() > 40:  # noqa: ASYNC110  looked at, as all else on the phones
                await asyncio.sleep(0.1)
            if claim.by_card:
                await self._by_card(claim)
            else:
                await self._by_api(claim)
            claim.made = True

    def _ahead(self) -> int:
        made = sum(len(one.steps) for one in self.claims if one.made and not one.withdraw)
        return made - self.done

    async def _by_api(self, claim: Claim) -> None:
        """The same key until there is an answer."""
        url = f"{self.stage.server_url}/api/v1/forms/{claim.form}/records"
        headers = {"Authorization": f"Bearer {self.stage.keys[claim.by]}"}
        headers["Idempotency-Key"] = f"claim-{claim.number}"
        limit = aiohttp.ClientTimeout(total=10)
        while True:
            try:
                async with (
                    self._slots,
                    self.http.post(
                        url, json={"values": claim.values}, headers=headers, timeout=limit
                    ) as answer,
                ):
                    if answer.status == 201:
                        return
                    if answer.status not in (429, 500, 503):
                        raise RuntimeError(f"{answer.status} {await answer.text()}")
            except (aiohttp.ClientError, TimeoutError):
                pass
            self.repeats += 1
            await asyncio.sleep(self.dice.uniform(0.2, 0.6))

    async def _by_card(self, claim: Claim) -> None:
        """Ask for the form in the chat, fill it, submit; each again as long as nothing is to be seen.

        Once a form was filled it is that one which is pressed again: two forms would be two claims.
        """
        chosen = ""
        for turn in itertools.count():
            self.repeats += turn > 1
            cards = await self._cards(claim.by)
            forms = [one for one in cards if _is_form(one) and chosen in ("", one.card_id)]
            if any(one.claim == claim.number and not _is_form(one) for one in cards):
                return
            if forms:
                chosen = forms[-1].card_id
                if await self._filled(forms[-1], claim):
                    return
            elif not chosen:
                async with self._slots:
                    await self.phones.say(*PHONES[claim.by], "备用金")
                await self._form_soon(claim.by)
            await asyncio.sleep(self.dice.uniform(0.1, 0.3))

    async def _filled(self, form: Shown, claim: Claim) -> bool:
        """Submit; whether the answer shows the claim on its way."""
        async with self._slots:
            answer = await self.phones.click(form, values=claim.values)
        after = shown_after(form, answer)
        return answer["ok"] and not _is_form(after) and after.claim == claim.number

    async def _form_soon(self, person: str) -> None:
        """The card comes by the outbox; after six seconds a person would ask again."""
        for _ in range(20):
            if any(_is_form(one) for one in await self._cards(person)):
                return
            await asyncio.sleep(0.3)

    async def _cards(self, person: str) -> list[Shown]:
        return await self.phones.cards(*PHONES[person])

    # --- deciding ---------------------------------------------------------------------------------

    async def _watch(self, person: str) -> None:
        """Look at the phone, act on what waits there, look again."""
        plans = {one.number: one for one in self.claims}
        while True:
            for card in await self._cards(person):
                claim = plans.get(card.claim)
                if claim is None or card.card_id in self._busy:
                    continue
                if claim.withdraw and claim.by == person and not _is_task(card):
                    self._see_own(card, claim)
                elif person in claim.verdicts and _is_task(card):
                    self._see(card, claim, person)
            await asyncio.sleep(self.dice.uniform(0.3, 0.6) if person in APPROVERS else 1.5)

    def _see_own(self, card: Shown, claim: Claim) -> None:
        if "撤回" in card.live:
            self._begin(card, self._withdraw(card, claim))
        elif not _is_form(card):
            self.settled.add(claim.number)

    def _see(self, card: Shown, claim: Claim, person: str) -> None:
        if not card.live:
            self.decided.add((claim.number, person))
        elif "同意" in card.live or "确认拒绝" in card.live:
            self._begin(card, self._decide(card, claim, person))

    def _begin(self, card: Shown, act: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                async with self._slots:
                    await act
            finally:
                self._busy.discard(card.card_id)

        self._busy.add(card.card_id)
        task = asyncio.create_task(run())
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)

    async def _decide(self, card: Shown, claim: Claim, person: str) -> None:
        verdict = claim.verdicts[person]
        if verdict == "approve" and "同意" in card.live:
            times = 2 if self.dice.random() < DOUBLE else 1
            await asyncio.gather(*(self._press(card, claim, person, button="同意") for _ in range(times)))
        elif verdict == "reject" and "确认拒绝" in card.live:
            how: dict[str, Any] = {"values": {"reason": REASON}}
            if card.platform == "wecom":
                how = {"button": "确认拒绝", "selected": {"reason": REASON}}
            await self._press(card, claim, person, **how)
        else:
            await self.phones.click(card, button="拒绝" if verdict == "reject" else "返回")

    async def _press(self, card: Shown, claim: Claim, person: str, **how: Any) -> None:
        """One decisive press; only a person's own second press can find the button gone."""
        began = time.monotonic()
        answer = await self.phones.click(card, **how)
        fate = fate_of(card, answer)
        self.presses.append(
            Press(
                began,
                claim.number,
                person,
                card.platform,
                card.handle,
                claim.verdicts[person],
                fate,
                time.monotonic() - began,
            )
        )
        if fate is Fate.ACKED:
            self.decided.add((claim.number, person))

    async def _withdraw(self, card: Shown, claim: Claim) -> None:
        await asyncio.sleep(self.dice.uniform(0, 0.5))
        await self.phones.click(card, button="撤回")


def fate_of(card: Shown, answer: dict[str, Any]) -> Fate:
    """A press is acked when its own answer shows the card decided."""
    after = shown_after(card, answer)
    if answer["ok"] and not after.live:
        return Fate.ACKED
    said = after.drawn["note"] + after.drawn["subtitle"] + (answer.get("error") or "")
    return Fate.REFUSED if any(one in said for one in REFUSALS) else Fate.UNKNOWN


def _is_form(card: Shown) -> bool:
    form = card.drawn["form"]
    return bool(form and form["enabled"] and any(one["key"] == "amount" for one in form["fields"]))


def _is_task(card: Shown) -> bool:
    """An approval, open or decided; not a progress card or a copy."""
    return "等您审批" in card.text or bool({"同意", "确认拒绝"} & card.live) or "已由" in card.text
