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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from prometheus_client import Counter

from bot.adapters.base import Adapter, Handle, PlatformError
from bot.cards import Card, Picture, Text
from bot.desk import Desk
from bot.webhooks import Webhooks
from core.queries.reports import chart_data
from core.reports.renderer import Renderer, RenderFailed
from core.reports.texttable import as_text
from core.store.outbox import CardRow, OutboxRow, SentCard
from core.store.work import UnitOfWork

log = structlog.get_logger()
SENT = Counter("zhongshu_outbox_sent_total", "Outbox rows settled", ["platform", "kind", "result"])

T = TypeVar("T")

BATCH = 32
AT_ONCE = 8
TICK = 1.0
BACKOFF_CAP = 30.0
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

    def __init__(
        self,
        desk: Desk,
        adapters: Mapping[str, Adapter],
        renderer: Renderer,
        webhooks: Webhooks | None = None,
    ) -> None:
        self._desk = desk
        self._webhooks = webhooks
        self._store = desk.service.store
        self._adapters = adapters
        self._renderer = renderer
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
        if row.kind == "webhook" and self._webhooks is not None:
            await self._webhooks.post(row.body, row.id)
            await self._settle(row)
            return
        adapter = self._adapters.get(row.platform)
        if adapter is None:
            raise PlatformError(f"平台 {row.platform} 没有启用", permanent=True)
        if row.kind == "card":
            await self._send_card(row, adapter)
            return
        external = await self._desk.read(lambda uow: _external(uow, row.person, row.platform))
        if not external:
            raise PlatformError("收件人没有绑定这个平台", permanent=True)
        message = Text(str(row.body["text"])) if row.kind == "text" else await self._picture(row)
        await adapter.send(external, message, row.id)
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
        external = _external(uow, card.person, card.platform)
        if not external:
            raise PlatformError("收件人没有绑定这个平台", permanent=True)
        drawn = self._desk.draw(uow, card)
        return Job(card, external, drawn[0] if drawn else None, card.wanted_version)

    async def _picture(self, row: OutboxRow) -> Picture | Text:
        """The chart as an image; a failed one becomes a text table, never an error."""
        report = str(row.body["report"])
        kind, data = await self._desk.read(lambda uow: chart_data(uow, report, row.person))
        try:
            png = await self._renderer.render(kind, data)
        except RenderFailed as error:
            log.warning("chart_failed", report=report, error=str(error))
            return Text(as_text(data))
        return Picture(png, f"{report}.png", data.title)

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
        text = f"{error.code} {error}".strip()[:500]
        if error.permanent:
            uow.outbox.settle(row.id, self._owner, "parked", uow.now, text)
            who = uow.people.called(row.person)
            said = f"给{who}的消息发不出去（{row.platform}）：{text}"
            uow.incidents.raise_(uow.ids(), "parked", f"{row.platform}:{row.person}", said, uow.now)
            return
        uow.outbox.again(row.id, self._owner, uow.now + _wait(row.attempts, error.retry_after), text)

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


def _external(uow: UnitOfWork, person: str, platform: str) -> str:
    found = uow.people.get(person)
    return (
        next((one.external_id for one in found.identities if one.platform == platform), "") if found else ""
    )


def _wait(attempts: int, asked: float | None) -> timedelta:
    """1 s · 2ⁿ ± 20 %, at most 30 s, so that cards are right within a minute after a fault ends."""
    seconds = min(BACKOFF_CAP, 2.0 ** min(attempts, 6)) * random.uniform(0.8, 1.2)  # noqa: S311
    return timedelta(seconds=max(seconds, asked or 0.0))


def due_age(uow: UnitOfWork) -> float:
    """Seconds for which the oldest due row waits."""
    oldest: datetime | None = uow.outbox.oldest_due(uow.now)
    return (uow.now - oldest).total_seconds() if oldest else 0.0
