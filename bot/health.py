"""/healthz: the loop lives. /readyz: database, tables and platforms answer. /metrics: Prometheus text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from bot.adapters.base import Adapter
from bot.delivery import Delivery, due_age
from core.store.work import Store, UnitOfWork

log = structlog.get_logger()
OUTBOX = Gauge("zhongshu_outbox_rows", "Outbox rows by state", ["state"])
OUTBOX_AGE = Gauge("zhongshu_outbox_due_seconds", "Age of the oldest due outbox row")
INCIDENTS = Gauge("zhongshu_incidents_open", "Open incidents")
PLATFORM_UP = Gauge("zhongshu_platform_healthy", "1 while presses can reach us", ["platform"])


def routes(store: Store, adapters: Mapping[str, Adapter], _delivery: Delivery) -> list[web.RouteDef]:
    """The three routes; none of them needs a login or shows anything of the business."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def readyz(_request: web.Request) -> web.Response:
        try:
            await asyncio.wait_for(asyncio.wrap_future(store.submit(lambda uow: uow.outbox.counts())), 5)
        except Exception as error:  # noqa: BLE001  whatever it is, we are not ready, and say so
            log.warning("not_ready", error=type(error).__name__)
            return web.json_response({"ok": False, "database": type(error).__name__}, status=503)
        platforms = {
            name: {"healthy": one.healthy(), "last_refusal": getattr(one, "last_refusal", "")}
            for name, one in adapters.items()
        }
        return web.json_response({"ok": True, "database": store.dialect, "platforms": platforms})

    async def metrics(_request: web.Request) -> web.Response:
        await asyncio.to_thread(_measure, store, adapters)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


def _measure(store: Store, adapters: Mapping[str, Adapter]) -> None:
    def numbers(uow: UnitOfWork) -> None:
        counts = uow.outbox.counts()
        for state in ("waiting", "leased", "sent", "parked"):
            OUTBOX.labels(state).set(counts.get(state, 0))
        OUTBOX_AGE.set(due_age(uow))
        INCIDENTS.set(len(uow.incidents.list("open", 1000)))

    with store.read() as uow:
        numbers(uow)
    for name, one in adapters.items():
        PLATFORM_UP.labels(name).set(1 if one.healthy() else 0)
