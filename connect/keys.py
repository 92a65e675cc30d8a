"""API keys in front of handlers: who calls, how often, and the key that makes a repeated call one effect."""

from __future__ import annotations

import contextlib
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from connect.edge import MORE_HEADERS, Deps, Refused, audit_refused, key_in, reading, writing
from connect.edge.buckets import Buckets
from core import canon
from core.store.inbox import Delivery
from core.store.work import UnitOfWork
from core.store.writer import Busy

RATE, BURST = 20.0, 20
TOUCH = timedelta(minutes=1)
_BEARER = re.compile(r"^Bearer zs_([0-9a-z]{26})_([A-Za-z0-9-]{20,100})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a key acts as."""

    key_id: str
    person: str


Called = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]


class Gate:
    """Lets calls with a good key through, 20 a second for each key."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._buckets = Buckets(RATE, BURST)

    def guarded(self, handler: Called) -> Handler:
        """The handler behind a key."""

        async def enter(request: web.Request) -> web.StreamResponse:
            caller = await self._caller(request)
            self._limit(request, caller)
            return await handler(request, caller)

        return enter

    async def _caller(self, request: web.Request) -> Caller:
        found = _BEARER.match(request.headers.get("Authorization", ""))
        if found is None:
            raise _unknown("请在 Authorization 里写 Bearer 和密钥。")
        key_id, secret_hash = found[1], canon.sha256(found[2])
        caller, stale = await reading(self._deps, lambda uow: _known(uow, key_id, secret_hash))
        if caller is None:
            await self._forged(request, key_id)
            raise _unknown("密钥不对、已过期或已吊销。")
        if stale:
            with contextlib.suppress(Busy):
                await writing(self._deps, lambda uow: uow.access.touch_key(key_id, uow.now))
        return caller

    async def _forged(self, request: web.Request, key_id: str) -> None:
        """A change that was asked for with a wrong, old or revoked key leaves a trace; a flood of them a short one."""
        if request.method != "GET" and self._buckets.take("forged").ok:
            what = f"{request.method} {request.path}"[:100]
            await audit_refused(
                self._deps, "api", f"key:{key_id}", what, "bad_key", "密钥不对、已过期或已吊销。"
            )

    def _limit(self, request: web.Request, caller: Caller) -> None:
        taken = self._buckets.take(caller.key_id)
        request[MORE_HEADERS] = headers = {
            "X-RateLimit-Limit": str(int(RATE)),
            "X-RateLimit-Remaining": str(taken.left),
            "X-RateLimit-Reset": str(taken.full_in),
        }
        if not taken.ok:
            headers["Retry-After"] = "1"
            raise Refused(429, "too_many", f"调用太频繁，每把密钥每秒最多 {int(RATE)} 次。")


def _known(uow: UnitOfWork, key_id: str, secret_hash: str) -> tuple[Caller | None, bool]:
    key = uow.access.key(key_id)
    right = hmac.compare_digest(key.secret_hash if key else "0" * 64, secret_hash)
    if key is None or not right or key.revoked_at is not None:
        return None, False
    if (key.expires_at is not None and uow.now >= key.expires_at) or not uow.people.active(key.person):
        return None, False
    stale = key.last_used_at is None or uow.now - key.last_used_at >= TOUCH
    return Caller(key.id, key.person), stale


def _unknown(message: str) -> Refused:
    headers = {"WWW-Authenticate": 'Bearer realm="zhongshu"'}
    return Refused(401, "bad_key", message, "密钥在管理页面「运行」里生成。", headers=headers)


def delivery_of(request: web.Request, caller: Caller, sent: dict[str, Any]) -> Delivery:
    """The call as a delivery: the same key again gets the same answer, with another content it is refused.

    Values that were refused are not kept: the same key may come again with better ones.
    """
    key = required_key(request)
    asked = "\n".join((request.method, request.path, canon.dumps(sent)))
    return Delivery("api", canon.sha256(f"{caller.person}\0{key}"), canon.sha256(asked), keep_invalid=False)


def required_key(request: web.Request) -> str:
    """The Idempotency-Key header. Raises Refused when it is missing."""
    key = key_in(request, "Idempotency-Key")
    if not key:
        hint = "每次新的操作换一个键（例如 UUID），重试时用同一个键。"
        raise Refused(400, "key_missing", "请求要带 Idempotency-Key。", hint)
    return key
