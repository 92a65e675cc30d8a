"""The composition root: store, door, adapters, relay and clock in one aiohttp application."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import web

from admin import server as admin_server
from bot import health
from bot.adapters.base import Adapter, PlatformError
from bot.adapters.dingtalk import DingTalk
from bot.adapters.dingtalk import from_settings as dingtalk_settings
from bot.adapters.mail import Mail, MailConfig
from bot.adapters.sms import Sms, SmsConfig
from bot.adapters.wecom import WeCom, WeComConfig
from bot.delivery import Delivery
from bot.desk import Desk
from bot.letters import Letters
from bot.net.addresses import Allowed
from bot.net.client import Outbound
from bot.outward import Outward
from bot.preview import preview
from bot.router import Router
from bot.scheduler import Scheduler
from bot.senders import Senders
from connect import api, edge, hooks
from core.clock import TimeSortedIds, system_clock
from core.errors import Misconfigured, UserError
from core.head import head_path, write_head
from core.keys import Keys
from core.queries.reports import of_report
from core.reports.definition import Report
from core.reports.renderer import Renderer, RenderFailed
from core.service import Service
from core.settings import Settings
from core.store.work import House, Store

log = structlog.get_logger()


@dataclass
class Parts:
    """What a running process consists of."""

    settings: Settings
    store: Store
    service: Service
    keys: Keys
    desk: Desk
    adapters: dict[str, Adapter]
    delivery: Delivery
    scheduler: Scheduler
    renderer: Renderer
    http: aiohttp.ClientSession
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def picture(self, report: Report, person: str) -> bytes | None:
        """A report as this person sees it, as PNG; None when it cannot be drawn."""
        try:
            kind, data = await self.desk.read(lambda uow: of_report(uow, report, person))
            return await self.renderer.render(kind, data)
        except (RenderFailed, UserError) as error:
            log.info("no_picture", report=report.key, error=str(error))
            return None


def house_of(settings: Settings) -> House:
    """What units of work share, by the settings."""
    on = frozenset(
        name
        for name, given in (("dingtalk", settings.dingtalk_client_id), ("wecom", settings.wecom_corp_id))
        if given
    )
    return House(system_clock, TimeSortedIds(), ZoneInfo(settings.timezone), on)


def open_store(settings: Settings, *, writable: bool = True) -> Store:
    """The database that the settings name. Raises Misconfigured."""
    return Store.open(settings.database_url, house_of(settings), writable=writable)


def adapters_of(settings: Settings, http: aiohttp.ClientSession) -> dict[str, Adapter]:
    """The chat platforms that are on."""

    def clock() -> datetime:
        return datetime.now(UTC)

    found: dict[str, Adapter] = {}
    dingtalk = dingtalk_settings(settings)
    if dingtalk is not None:
        found["dingtalk"] = DingTalk(dingtalk, http, clock=clock, random=random.SystemRandom())
    wecom = WeComConfig.from_settings(settings)
    if wecom is not None:
        found["wecom"] = WeCom(wecom, http, clock=clock, random=random.SystemRandom())
    return found


def assemble(
    settings: Settings,
    store: Store,
    http: aiohttp.ClientSession,
    adapters: Mapping[str, Adapter] | None = None,
) -> Parts:
    """Put the parts together; nothing runs yet."""
    keys = Keys.load(settings.master_key_file)
    service = Service(store)
    desk = Desk(service, keys, settings.base_url)
    known = dict(adapters) if adapters is not None else adapters_of(settings, http)
    renderer = Renderer()
    outbound = Outbound(allowed_of(settings))
    outward = Outward(outbound, keys, settings.base_url)
    mail, sms = MailConfig.from_settings(settings), SmsConfig.from_settings(settings)
    texts = Sms(sms) if sms else None
    letters = Letters(desk, Mail(mail) if mail else None, texts)
    delivery = Delivery(desk, Senders(desk, known, renderer, outward, letters))
    service.woken.append(delivery.wake)
    path = head_path(settings.master_key_file)

    def head() -> None:
        with store.read() as uow:
            write_head(uow, keys, path)

    scheduler = Scheduler(service, delivery, settings, head)
    closing: list[Callable[[], Awaitable[None]]] = [outbound.close]
    if texts is not None:
        closing.append(texts.close)
    return Parts(settings, store, service, keys, desk, known, delivery, scheduler, renderer, http, closing)


def allowed_of(settings: Settings) -> Allowed:
    """The internal systems that may be called. Raises Misconfigured."""
    try:
        return Allowed.read(settings.outward_allow)
    except ValueError as error:
        raise Misconfigured(
            f"ZHONGSHU_OUTWARD_ALLOW 里的「{error}」看不懂，要写成主机名、主机:端口或网段。"
        ) from None


def application(parts: Parts) -> web.Application:
    """The aiohttp application of assembled parts; its clean-up stops everything in order."""
    deps = edge.Deps(
        service=parts.service,
        store=parts.store,
        settings=parts.settings,
        adapters=parts.adapters,
        preview=preview,
        keys=parts.keys,
        zone=parts.store.house.zone,
        picture=parts.picture,
        refusals=(PlatformError,),
    )
    app = web.Application(middlewares=edge.middlewares(deps), client_max_size=edge.LARGEST_BODY)
    app.add_routes(health.routes(parts.store, parts.adapters, parts.delivery))
    app.add_routes(admin_server.routes(deps))
    app.add_routes(api.routes(deps))
    app.add_routes(hooks.routes(deps))
    for adapter in parts.adapters.values():
        if isinstance(adapter, WeCom):
            app.add_routes(adapter.routes())

    async def running(_app: web.Application) -> AsyncIterator[None]:
        router = Router(parts.desk)
        tasks = [asyncio.create_task(parts.delivery.run(), name="delivery")]
        tasks += [
            asyncio.create_task(one.run(router.receive), name=name) for name, one in parts.adapters.items()
        ]
        for task in tasks:
            task.add_done_callback(_ended)
        parts.scheduler.start()
        await parts.delivery.reconcile()
        yield
        await stop(parts, tasks)

    app.cleanup_ctx.append(running)
    return app


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("task_ended", task=task.get_name(), error=repr(task.exception()))


async def stop(parts: Parts, tasks: list[asyncio.Task[None]]) -> None:
    """Stop taking, finish what is under way, let go (pattern P13): within 10 seconds."""
    parts.scheduler.stop()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=6)
    for adapter in parts.adapters.values():
        await adapter.close()
    for close in parts.closing:
        await close()
    parts.renderer.close()
    await asyncio.to_thread(_write_head, parts)


def _write_head(parts: Parts) -> None:
    with parts.store.read() as uow:
        write_head(uow, parts.keys, head_path(parts.settings.master_key_file))


async def serve(settings: Settings, store: Store, ready: asyncio.Event | None = None) -> None:
    """Run until cancelled or told to stop by a signal."""
    async with aiohttp.ClientSession(trust_env=False) as http:
        parts = assemble(settings, store, http)
        runner = web.AppRunner(application(parts), access_log=None, shutdown_timeout=5)
        await runner.setup()
        host, port = settings.address
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
            log.info("serving", address=settings.listen, platforms=sorted(parts.adapters))
            if ready is not None:
                ready.set()
            await _until_told()
        finally:
            await runner.cleanup()


async def _until_told() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    log.info("stopping")
