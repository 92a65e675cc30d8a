"""From handlers to the synchronous core: reads in a thread, writes through the one door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from connect.edge.deps import Deps
from connect.edge.failures import refused_by
from core import canon
from core.commands import Command
from core.refusals import note
from core.service import Outcome
from core.store.inbox import Delivery
from core.store.work import Store, UnitOfWork

T = TypeVar("T")


async def reading(deps: Deps, work: Callable[[UnitOfWork], T]) -> T:
    """Run a read in a thread; its UserErrors become answers in the error mapper."""
    return await asyncio.to_thread(_read, deps.store, work)


def _read(store: Store, work: Callable[[UnitOfWork], T]) -> T:
    with store.read() as uow:
        return work(uow)


async def writing(deps: Deps, work: Callable[[UnitOfWork], T]) -> T:
    """Run a write of access rows (sessions, accounts) and wait for its commit."""
    return await asyncio.shield(asyncio.wrap_future(deps.store.submit(work)))


async def ask(deps: Deps, command: Command, delivery: Delivery | None = None) -> Outcome:
    """Perform a command. Raises Refused when the door refuses it.

    Shielded: a client that hangs up does not take back what is being committed.
    """
    outcome = await asyncio.shield(asyncio.wrap_future(deps.service.submit(command, delivery)))
    if not outcome.ok:
        raise refused_by(outcome)
    return outcome


async def audit_unseen(deps: Deps, person: str, target: str, what: str) -> None:
    """Somebody tried to act on a thing that is not there for them: they hear nothing more, the trail keeps it."""
    await audit_refused(deps, person, target, what, "not_found", "没有找到，或者您无权查看。")


async def audit_refused(deps: Deps, actor: str, target: str, what: str, code: str, message: str) -> None:
    """One audit row for an attempt that never reached the door."""
    await writing(deps, lambda uow: note(uow, actor, what, target, code, message))


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Data as JSON; never kept by caches."""
    return web.json_response(
        status=status, text=canon.dumps(data), headers={"Cache-Control": "no-store", **(headers or {})}
    )
