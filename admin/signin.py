"""Logging in to the admin page: password or one-time link, throttled, equal timing for unknown names."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web

from admin.auth import change_password, note
from admin.passwords import LONGEST, NOBODY, SHORTEST, hash_password, verify
from admin.sessions import Browsers
from connect.edge import Deps, Refused, answer, body, reading, writing, wrong
from connect.edge.buckets import Throttle
from connect.edge.client import address, check_origin
from core import canon
from core.store.access import Account, Session
from core.store.work import UnitOfWork

PER_PAIR, PER_ADDRESS, PER_ACCOUNT = 5, 20, 50


class Signin:
    """Endpoints of accounts."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._hashing = asyncio.Semaphore(2)  # each run of scrypt takes 32 MB
        self._throttles = {
            "pair": Throttle(PER_PAIR),
            "address": Throttle(PER_ADDRESS),
            "account": Throttle(PER_ACCOUNT),
        }

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.post("/admin/api/login", self.login),
            web.post("/admin/api/logout", guarded(self.logout)),
            web.get("/admin/api/me", guarded(self.me)),
            web.post("/admin/api/password", guarded(self.password)),
        ]

    async def login(self, request: web.Request) -> web.StreamResponse:
        """By `{name, password}` or `{code}`."""
        check_origin(request, self._deps.settings)
        sent = await body(request, "name", "password", "code")
        came_from = address(request, self._deps.settings)
        if sent.values.get("code") is not None:
            return await self._by_code(sent.text("code", required=True, longest=200), came_from)
        name = sent.text("name", required=True, longest=100)
        password = sent.text("password", required=True, longest=LONGEST)
        return await self._by_password(name, password, came_from)

    async def _by_password(self, name: str, password: str, came_from: str) -> web.StreamResponse:
        keys = {"pair": f"{came_from} {name}", "address": came_from, "account": name}
        locked = self._count(keys)
        account = await reading(self._deps, lambda uow: uow.access.account(name))
        right = await self._verify(password, account)
        if account is None or not right:
            if locked:
                await writing(self._deps, lambda uow: note(uow, "system", name, "locked", came_from))
            raise Refused(401, "wrong_password", "用户名或密码不对。")
        for kind, key in keys.items():
            self._throttles[kind].succeeded(key)
        return await self._enter(name, came_from)

    def _count(self, keys: dict[str, str]) -> bool:
        """Count the try as failed before the password is looked at, so parallel guesses count; True: it locks."""
        wait = max(self._throttles[kind].wait(key) for kind, key in keys.items())
        if wait > 0:
            minutes = math.ceil(wait / 60)
            headers = {"Retry-After": str(math.ceil(wait))}
            raise Refused(429, "too_many", f"试错太多次，请 {minutes} 分钟后再试。", headers=headers)
        return max(self._throttles[kind].failed(key) for kind, key in keys.items()) > 0

    async def _verify(self, password: str, account: Account | None) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(verify, password, account.password_hash if account else NOBODY)

    async def _by_code(self, code: str, came_from: str) -> web.StreamResponse:
        name = await writing(self._deps, lambda uow: uow.access.take_login_code(canon.sha256(code), uow.now))
        if name is None:
            raise Refused(401, "spent_code", "这个登录链接用过了或已过期，请用密码登录，或重新生成链接。")
        return await self._enter(name, came_from)

    async def _enter(self, name: str, came_from: str) -> web.StreamResponse:
        def begin(uow: UnitOfWork) -> tuple[str, Session] | None:
            account = uow.access.account(name)
            active = account is not None and uow.people.active(account.person)
            if account is None or not active or not self._browsers.may(uow, account.person):
                return None
            note(uow, account.person, name, "login", came_from)
            return self._browsers.begin(uow, account.person, name)

        begun = await writing(self._deps, begin)
        if begun is None:
            raise Refused(403, "not_allowed", "这个账号对应的人已离职，或者不是系统管理员。")
        token, session = begun
        response = answer(await self._about(session))
        self._browsers.seat(response, token)
        return response

    async def _about(self, session: Session) -> dict[str, object]:
        def about(uow: UnitOfWork) -> dict[str, object]:
            me = {"name": uow.people.called(session.person), "person": session.person, "role": "系统管理员"}
            return {"csrf": session.csrf, "me": me, "company": self._deps.settings.company}

        return await reading(self._deps, about)

    async def me(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """Who is logged in."""
        return answer(await self._about(session))

    async def logout(self, _request: web.Request, session: Session) -> web.StreamResponse:
        """End this session."""
        await writing(self._deps, lambda uow: uow.access.end_session(session.token_hash))
        response = answer({})
        self._browsers.unseat(response)
        return response

    async def password(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Change one's own password; the account's other sessions end."""
        sent = await body(request, "old", "new")
        old = sent.text("old", required=True, longest=LONGEST)
        new = sent.text("new", required=True, longest=LONGEST)
        if len(new) < SHORTEST:
            raise wrong("new", f"新密码至少 {SHORTEST} 个字符。")
        name = session.account or ""
        account = await reading(self._deps, lambda uow: uow.access.account(name))
        if account is None or not await self._verify(old, account):
            raise wrong("old", "原密码不对。")
        async with self._hashing:
            hashed = await asyncio.to_thread(hash_password, new)
        keep, person = session.token_hash, session.person
        await writing(self._deps, lambda uow: change_password(uow, name, hashed, keep, person))
        return answer({})
