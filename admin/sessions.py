"""Browsers that are logged in: server-side sessions, their cookies, and the guard in front of handlers."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from connect.edge import Deps, Refused, audit_refused, reading, writing
from connect.edge.buckets import Buckets
from connect.edge.client import SAFE, check_origin
from core import canon
from core.store.access import Session
from core.store.work import UnitOfWork
from core.store.writer import Busy

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(minutes=1)

Seated = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]


class Browsers:
    """The sessions of one kind, `admin` or `h5`."""

    def __init__(self, deps: Deps, kind: str) -> None:
        self._deps = deps
        self.kind = kind
        self.cookie = cookie_name(deps, f"zs_{kind}")
        self._traces = Buckets(5.0, 200)

    def guarded(self, handler: Seated) -> Handler:
        """The handler behind a session; requests that change something need its token and our own page."""

        async def enter(request: web.Request) -> web.StreamResponse:
            check_origin(request, self._deps.settings)
            session = await self.find(request)
            if session is None:
                await self._forged(request, "unknown", "login")
                raise Refused(401, "login", "登录已过期，请重新登录。")
            token = request.headers.get("X-CSRF-Token", "")
            if request.method not in SAFE and not _equal(token, session.csrf):
                await self._forged(request, session.person, "csrf")
                raise Refused(403, "csrf", "页面已过期，请刷新后再试。")
            return await handler(request, session)

        return enter

    async def _forged(self, request: web.Request, person: str, code: str) -> None:
        """A change that was asked for with a forged cookie or token leaves a trace; a flood of them a short one."""
        if (
            request.method in SAFE
            or not request.cookies.get(self.cookie)
            or not self._traces.take("forged").ok
        ):
            return
        what = f"{request.method} {request.path}"[:100]
        await audit_refused(self._deps, person, f"session:{self.kind}", what, code, "登录或页面已过期。")

    async def find(self, request: web.Request) -> Session | None:
        """The session of a request, if it still holds."""
        token = request.cookies.get(self.cookie, "")
        if not token:
            return None
        token_hash = canon.sha256(token)
        session, stale = await reading(self._deps, lambda uow: self._find(uow, token_hash))
        if session is not None and stale:
            with contextlib.suppress(Busy):
                await writing(self._deps, lambda uow: uow.access.touch_session(token_hash, uow.now))
        return session

    def _find(self, uow: UnitOfWork, token_hash: str) -> tuple[Session | None, bool]:
        found = uow.access.session(token_hash)
        if found is None or found.kind != self.kind:
            return None, False
        over = uow.now >= found.expires_at or uow.now - found.seen_at >= IDLE
        if over or not uow.people.active(found.person) or not self.may(uow, found.person):
            return None, False
        return found, uow.now - found.seen_at >= TOUCH

    def may(self, uow: UnitOfWork, person: str) -> bool:
        """Whether a person may have such a session at all."""
        return self.kind != "admin" or uow.people.holds(person, "admin")

    def begin(self, uow: UnitOfWork, person: str, account: str | None = None) -> tuple[str, Session]:
        """A new session and its token; drops those that are over."""
        uow.access.purge_sessions(uow.now)
        token = secrets.token_urlsafe(32)
        session = Session(
            token_hash=canon.sha256(token),
            kind=self.kind,
            person=person,
            account=account,
            csrf=secrets.token_urlsafe(32),
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=uow.now + ABSOLUTE,
        )
        uow.access.add_session(session)
        return token, session

    def seat(self, response: web.StreamResponse, token: str) -> None:
        """Give the browser its cookie."""
        set_cookie(self._deps, response, self.cookie, token, int(ABSOLUTE.total_seconds()))

    def unseat(self, response: web.StreamResponse) -> None:
        """Take the cookie away."""
        response.del_cookie(self.cookie, path="/", secure=self._deps.secure, httponly=True, samesite="Lax")


def cookie_name(deps: Deps, name: str) -> str:
    """`__Host-` ties a cookie to this host and to https."""
    return f"__Host-{name}" if deps.secure else name


def set_cookie(deps: Deps, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
    """A cookie that scripts cannot read and other sites' requests do not carry."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=deps.secure, httponly=True, samesite="Lax"
    )


def _equal(one: str, two: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), two.encode())
