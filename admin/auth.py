"""Accounts of the admin page: the first one, one-time links, passwords; each change is audited."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import structlog

from admin.passwords import hash_password, random_password
from core import canon
from core.errors import NotFound
from core.events import AccessChanged
from core.store.access import Account
from core.store.audit import Entry
from core.store.work import Store, UnitOfWork

log = structlog.get_logger()

LINK_MINUTES = 60


async def first_account(store: Store, name: str = "admin", person: str = "") -> str | None:
    """Make the first account and return its random password; None when there is one already.

    person  whom it acts as; the first holder of the role admin when empty. While the directory has none, no
    account is made: it could do nothing.
    """
    password = random_password()
    hashed = await asyncio.to_thread(hash_password, password)

    def make(uow: UnitOfWork) -> bool:
        if uow.access.accounts():
            return False
        acts = person or next(iter(uow.people.holders("admin")), "")
        if not acts:
            log.warning("no_account", reason="通讯录里还没有人担任系统管理员（角色 admin）")
            return False
        uow.access.put_account(Account(name, acts, hashed, "admin", uow.now, 0, None))
        note(uow, "system", name, "made", acts)
        return True

    return password if await asyncio.wrap_future(store.submit(make)) else None


async def one_time_link(
    store: Store, base_url: str, account: str = "admin", minutes: int = LINK_MINUTES
) -> str:
    """A link that logs an account in once. Raises NotFound."""
    code = secrets.token_urlsafe(24)

    def make(uow: UnitOfWork) -> None:
        _account(uow, account)
        uow.access.add_login_code(canon.sha256(code), account, uow.now + timedelta(minutes=minutes))

    await asyncio.wrap_future(store.submit(make))
    return f"{base_url.rstrip('/')}/admin#/login?code={code}"


async def set_password(store: Store, account: str, password: str = "") -> str:
    """Give an account a new password (a random one when empty), end its sessions, return it. Raises NotFound."""
    fresh = password or random_password()
    hashed = await asyncio.to_thread(hash_password, fresh)
    await asyncio.wrap_future(store.submit(lambda uow: change_password(uow, account, hashed)))
    return fresh


def change_password(uow: UnitOfWork, name: str, hashed: str, keep: str = "", actor: str = "system") -> None:
    """Store a new hash; sessions end, save the one with the token hash `keep`. Raises NotFound."""
    found = _account(uow, name)
    row = Account(found.name, found.person, hashed, found.role, found.created_at, 0, None)
    uow.access.put_account(row)
    uow.access.end_sessions(name, keep)
    note(uow, actor, name, "changed")


def note(uow: UnitOfWork, actor: str, account: str, what: str, detail: str = "") -> None:
    """An audit entry about an account."""
    event = AccessChanged(f"account:{account}", what, detail)
    entry = Entry(actor, type(event).__name__, event.object, canon.dumps(event.body()))
    uow.audit.append([entry], uow.now)


def _account(uow: UnitOfWork, name: str) -> Account:
    found = uow.access.account(name)
    if found is None:
        raise NotFound(f"没有「{name}」这个账号。")
    return found
