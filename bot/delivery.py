"""The outbox's other end: one row → the person's platform, sent or updated, settled.

A card is drawn from the state of the moment in which it is sent; a row whose card already shows that state is
settled without a call. What a platform refuses for good is parked with an incident; everything else waits and
is tried again, in order for each card.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from prometheus_client import Counter

from bot.adapters.base import Adapter, Handle, PlatformError
from bot.cards import Card
from bot.desk import Desk
from bot.senders import Senders, external_of
from core.store.outbox import CardRow, OutboxRow, SentCard
from core.store.work import UnitOfWork

log = structlog.get_logger()
SENT = Counter("zhongshu_outbox_sent_total", "Outbox rows settled", ["platform", "kind", "result"])

T = TypeVar("T")

BATCH = 32
AT_ONCE = 8
TICK = 1.0
BACKOFF_CAP = 30.0
OUTSIDE_CAP = 3600.0
# What the product itself shows is tried for ever; what goes to other systems becomes a dead letter after some 8 hours.
KEEP_TRYING = frozenset({"card", "text", "picture"})
MOST_TRIES = 20
SEND_LIMIT = 20.0


@dataclass(frozen=True)
class Job:
    """A card row made ready: what to send, and which version that shows. card None: nothing to do any more."""

    row: CardRow
    external: str
    card: Card | None
    version: int


class Delivery:
    """The relay. `wake` may be called from any thread."""

    def __init__(self, desk: Desk, senders: Senders) -> None:
        self._desk = desk
        self._store = desk.service.store
        self._senders = senders
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something was committed that wants to leave."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Claim and send until cancelled; then the sends under way are given a moment to settle."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                if not await self._turn():
                    await self._rest()
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=5)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), TICK)
        except TimeoutError:
            return

    async def _turn(self) -> bool:
        """Claim what is due and start sending it; False when nothing was."""
        room = BATCH - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
            return True
        try:
            rows = await self._write(lambda uow: uow.outbox.claim(self._owner, uow.now, room))
        except Exception:  # the database is away: the loop lives on and asks again
            log.exception("outbox_claim_failed")
            await asyncio.sleep(TICK)
            return False
        for row in rows:
            task = asyncio.create_task(self._send(row))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(rows)

    async def drain(self) -> int:
        """Send everything that is due now; for tests and for a clean stop. The number of rows."""
        total = 0
        while rows := await self._write(lambda uow: uow.outbox.claim(self._owner, uow.now, BATCH)):
            await asyncio.gather(*(self._send(row) for row in rows))
            total += len(rows)
        return total

    async def _send(self, row: OutboxRow) -> None:
        async with self._slots:
            try:
                async with asyncio.timeout(SEND_LIMIT):
                    await self._send_kind(row)
            except PlatformError as error:
                await self._failed(row, error)
            except TimeoutError:
                await self._failed(row, PlatformError("发送超时", ambiguous=True))
            except Exception as error:  # a bug in drawing one card must not stop the others
                log.exception("delivery_failed", outbox=row.id, kind=row.kind)
                await self._failed(row, PlatformError(f"{type(error).__name__}: {error}"))

    async def _send_kind(self, row: OutboxRow) -> None:
        if row.kind == "card":
            await self._send_card(row, self._senders.adapter(row.platform))
            return
        send = self._senders.of.get(row.kind)
        if send is None:
            raise PlatformError(f"不认识这种消息：{row.kind}", permanent=True)
        await send(row)
        await self._settle(row)

    async def _send_card(self, row: OutboxRow, adapter: Adapter) -> None:
        job = await self._desk.read(lambda uow: self._job(uow, row))
        if job is None or job.card is None:
            await self._settle(row)
            return
        sent = await self._show(job, job.card, adapter)

        def settle(uow: UnitOfWork) -> None:
            uow.cards.sent(job.row.id, sent, job.version)
            uow.outbox.settle(row.id, self._owner, "sent", uow.now)

        await self._write(settle)
        SENT.labels(row.platform, row.kind, "sent").inc()

    async def _show(self, job: Job, card: Card, adapter: Adapter) -> SentCard:
        """Update the card where it stands; send a new one where that is not possible any more.

        A repeated first card was drawn by a try whose end nobody saw (a crash, a lost answer), perhaps from
        an older state: it is updated at once. A card in place of another carries its version in its key, so
        a repeated one is known to show the right state.
        """
        row, generation = job.row, job.row.generation
        if row.external_id is None:
            handle = await adapter.send(job.external, card, _key(row.id, generation and job.version))
            if not handle.repeated or generation or job.version == 1:
                return _sent(handle, generation and job.version)
        else:
            handle = Handle(row.external_id, row.update_code, row.code_expires_at)
        try:
            return _sent(await adapter.update(job.external, handle, card), generation, updated=True)
        except PlatformError as error:
            if not error.gone:
                raise
        handle = await adapter.send(job.external, card, _key(row.id, job.version))
        return _sent(handle, job.version)

    def _job(self, uow: UnitOfWork, row: OutboxRow) -> Job | None:
        card = uow.cards.by_id(row.card_id or "")
        if card is None or (card.external_id is not None and card.shown_version >= card.wanted_version):
            return None
        external = external_of(uow, card.person, card.platform)
        drawn = self._desk.draw(uow, card)
        return Job(card, external, drawn[0] if drawn else None, card.wanted_version)

    async def _settle(self, row: OutboxRow) -> None:
        await self._write(lambda uow: uow.outbox.settle(row.id, self._owner, "sent", uow.now))
        SENT.labels(row.platform, row.kind, "sent").inc()

    async def _failed(self, row: OutboxRow, error: PlatformError) -> None:
        log.warning(
            "not_delivered", outbox=row.id, platform=row.platform, code=error.code, error=str(error)[:200]
        )
        SENT.labels(row.platform, row.kind, "parked" if error.permanent else "again").inc()
        await self._write(lambda uow: self._note(uow, row, error))

    def _note(self, uow: UnitOfWork, row: OutboxRow, error: PlatformError) -> None:
        text = _said(error)[:500]
        spent = row.kind not in KEEP_TRYING and row.attempts + 1 >= MOST_TRIES
        if error.permanent or spent:
            uow.outbox.settle(row.id, self._owner, "parked", uow.now, text)
            times = f"，试过 {row.attempts + 1} 次" if spent and not error.permanent else ""
            said = f"{_whom(uow, row)}发不出去{times}：{text}"
            uow.incidents.raise_(uow.ids(), "parked", _place(row), said, uow.now)
            return
        uow.outbox.again(row.id, self._owner, uow.now + _wait(row, error.retry_after), text)

    async def _write(self, work: Callable[[UnitOfWork], T]) -> T:
        return await asyncio.wrap_future(self._store.submit(work))

    async def reconcile(self) -> int:
        """Cards that show less than they should and that nobody is about to repair: queue them.

        At the start also what the last process had under way when it died.
        """

        def work(uow: UnitOfWork) -> int:
            released = uow.outbox.release_dead(self._owner)
            stale = uow.cards.stale()
            for card in stale:
                uow.outbox.put_card(uow.ids(), card, 1, uow.now, uow.now)
            return released + len(stale)

        count: int = await self._write(work)
        if count:
            self.wake()
        return count


def _key(card_id: str, generation: int) -> str:
    """What the platform knows a card by; its first 26 letters are always the card's id."""
    return f"{card_id}-{generation}" if generation else card_id


def _sent(handle: Handle, generation: int, *, updated: bool = False) -> SentCard:
    return SentCard(handle.external_id, generation, handle.code, handle.code_expires_at, updated)


def _wait(row: OutboxRow, asked: float | None) -> timedelta:
    """1 s · 2ⁿ ± 20 %: at most 30 s in chats, so that cards are right a minute after a fault ends; else an hour."""
    cap = BACKOFF_CAP if row.kind in KEEP_TRYING else OUTSIDE_CAP
    seconds = min(cap, 2.0 ** min(row.attempts, 12)) * random.uniform(0.8, 1.2)  # noqa: S311
    return timedelta(seconds=max(seconds, asked or 0.0))


def _said(error: PlatformError) -> str:
    """What people read: the sentence, before it the platform's code; our own words for codes say nothing to them."""
    ours = error.code.replace("_", "").islower() or error.code in str(error)
    return str(error) if ours else f"{error.code} {error}"


def _whom(uow: UnitOfWork, row: OutboxRow) -> str:
    """`给王经理的邮件`, `对 https://… 的调用`."""
    if row.kind in ("http", "webhook"):
        return f"对 {str(row.body.get('url', ''))[:120]} 的调用"
    if row.kind == "group":
        return f"给群「{row.body['name']}」的消息"
    to = row.body.get("to") or uow.people.called(row.person)
    words = {"mail": "邮件", "sms": "短信"}
    return f"给{to}的{words.get(row.kind, f'消息（{row.platform}）')}"


def _place(row: OutboxRow) -> str:
    """Where an incident counts: one a receiver."""
    to = row.person or str(row.body.get("to") or row.body.get("name") or row.platform)
    return f"{row.platform or row.kind}:{to}"[:120]


def due_age(uow: UnitOfWork) -> float:
    """Seconds for which the oldest due row waits."""
    oldest: datetime | None = uow.outbox.oldest_due(uow.now)
    return (uow.now - oldest).total_seconds() if oldest else 0.0
