"""Accounts of the admin page: the first one, one-time links, passwords; each change is audited."""

from __future__ import annotations

import secrets
from datetime import timedelta

from admin.passwords import hash_password, random_password
from core import canon
from core.errors import NotFound
from core.events import AccessChanged
from core.store.access import Account
from core.store.audit import Entry
from core.store.work import Store, UnitOfWork

LINK_MINUTES = 60


def first_account(store: Store, name: str = "admin", person: str = "") -> str | None:
    """Make the first account and return its random password; None when there is one already.

    person  whom it acts as; the first holder of the role admin when empty. Raises NotFound when there is none.
    """
    password = random_password()
    hashed = hash_password(password)

    def make(uow: UnitOfWork) -> bool:
        if uow.access.accounts():
            return False
        acts = person or next(iter(uow.people.holders("admin")), "")
        if not acts:
            raise NotFound("通讯录里没有人担任系统管理员（角色 admin），先导入通讯录再建账号。")
        row = Account(name, acts, hashed, "admin", uow.now, 0, None)
        uow.access.put_account(row)
        note(uow, "system", name, "made", acts)
        return True

    return password if store.submit(make).result() else None


def one_time_link(store: Store, base_url: str, account: str = "admin", minutes: int = LINK_MINUTES) -> str:
    """A link that logs an account in once. Raises NotFound."""
    code = secrets.token_urlsafe(24)

    def make(uow: UnitOfWork) -> None:
        _account(uow, account)
        uow.access.add_login_code(canon.sha256(code), account, uow.now + timedelta(minutes=minutes))

    store.submit(make).result()
    return f"{base_url.rstrip('/')}/admin#/login?code={code}"


def set_password(store: Store, account: str, password: str) -> None:
    """Give an account a new password and end its sessions. Raises NotFound."""
    hashed = hash_password(password)
    store.submit(lambda uow: change_password(uow, account, hashed)).result()


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
