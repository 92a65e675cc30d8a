"""APScheduler as a clock: ticks become commands and questions; it stores nothing and knows no business."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.delivery import Delivery
from core.commands import SYSTEM, FireTimer, StepBackfill, TickRules
from core.flows.calendarwatch import watch_calendar
from core.rules.clock import daily_rules, due_rules
from core.service import Service
from core.settings import Settings
from core.store.retention import BATCH, Keep
from core.store.work import UnitOfWork
from core.sweeps import Sweeps

log = structlog.get_logger()
TIMER_SECONDS = 15
TIMERS_A_TICK = 1000
OPTIONS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}

BACKFILL_STEPS = PURGE_STEPS = 1_000  # a tick's share: then others have their turn

Tick = Callable[[], Awaitable[object]]


class Scheduler:
    """Wakes what must happen later. Missed ticks collapse into one."""

    def __init__(
        self, service: Service, delivery: Delivery, settings: Settings, head: Callable[[], None]
    ) -> None:
        self._service = service
        self._delivery = delivery
        self._sweeps = Sweeps(service)
        self._keep = Keep(
            timedelta(days=settings.keep_runs_days),
            timedelta(days=settings.keep_failures_days),
            timedelta(days=settings.keep_sent_days),
        )
        self._scheduler = AsyncIOScheduler(timezone=ZoneInfo(settings.timezone))
        cron = CronTrigger.from_crontab(settings.sweep_cron, timezone=ZoneInfo(settings.timezone))
        self._add("sweep", self.sweep, cron)
        self._add("rules", self.minute, CronTrigger(second=5))
        self._add("timers", self.fire_timers, IntervalTrigger(seconds=TIMER_SECONDS))
        self._add("reconcile", delivery.reconcile, IntervalTrigger(minutes=5))
        self._add("purge", self.purge, IntervalTrigger(hours=6))
        self._add("calendar", self.watch_calendar, CronTrigger(hour="1,13", minute=10))
        self._add("backfill", self.backfill, IntervalTrigger(seconds=3))
        self._add("audit_head", lambda: asyncio.to_thread(head), IntervalTrigger(minutes=5))

    def _add(self, name: str, tick: Tick, trigger: Any) -> None:
        async def guarded() -> None:
            try:
                await tick()
            except (
                asyncio.CancelledError
            ):  # the clock was stopped under way: nothing that anybody should read of
                return
            except Exception:  # one bad tick must not end the clock
                log.exception("tick_failed", tick=name)

        self._scheduler.add_job(guarded, trigger, id=name, **OPTIONS)

    async def sweep(self) -> int:
        """Every absence rule, once; the number of reminders."""
        return await self._look(daily_rules)

    async def minute(self) -> int:
        """Every rule whose schedule struck since it was last worked off, and gathered messages that are due."""
        hits = await self._look(due_rules)
        await asyncio.wrap_future(self._service.submit(TickRules(SYSTEM)))
        return hits

    async def _look(self, which: Callable[[UnitOfWork], list[str]]) -> int:
        def question() -> list[str]:
            with self._service.store.read() as uow:
                return which(uow)

        hits = 0
        for key in await asyncio.to_thread(question):
            outcome = await asyncio.to_thread(self._sweeps.run, key)
            hits += int(outcome.data.get("hits", 0))
        return hits

    async def backfill(self) -> int:
        """Fields that take over another one's values, some hundred records a step; the number of steps."""
        await asyncio.to_thread(self._service.store.make_indexes)
        with self._service.store.read() as uow:
            left = bool(uow.life.backfills(open_only=True))
        steps = 0
        while left and steps < BACKFILL_STEPS:
            outcome = await asyncio.wrap_future(self._service.submit(StepBackfill(SYSTEM)))
            left, steps = bool(outcome.data.get("left")), steps + 1
        return steps

    async def fire_timers(self) -> int:
        """Every timer of flows whose time has come, each once and in its own transaction; how many were fired."""
        with self._service.store.read() as uow:
            due = uow.timers.due(uow.now, TIMERS_A_TICK)
        for row in due:
            command = FireTimer(SYSTEM, timer_id=row.id, **row.body)
            await asyncio.wrap_future(self._service.submit(command))
        return len(due)

    async def purge(self) -> int:
        """Drop what is older than the settings say, a batch a transaction; the number of rows."""

        def work(uow: UnitOfWork) -> dict[str, int]:
            uow.access.purge_sessions(uow.now)
            return uow.retention.step(uow.now, self._keep)

        dropped = 0
        for _ in range(PURGE_STEPS):
            found = await asyncio.wrap_future(self._service.store.submit(work))
            dropped += sum(found.values())
            if max(found.values()) < BATCH:
                break
        return dropped

    async def watch_calendar(self) -> None:
        """Next year's holidays: an incident while they are missing."""
        await asyncio.wrap_future(self._service.store.submit(watch_calendar))

    def start(self) -> None:
        """Begin to tick, on the running loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """No more ticks."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
