"""Who may come in: accounts of the admin page, sessions, one-time codes, API keys. Secrets are stored as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.store.sql import upsert
from core.tables import account, api_key, login_code, session


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the admin page; acts as a person."""

    name: str
    person: str
    password_hash: str
    role: str
    created_at: datetime
    failures: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in: `kind` admin or h5."""

    token_hash: str
    kind: str
    person: str
    account: str | None
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program; acts as a person."""

    id: str
    name: str
    person: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class Access:
    """Access rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def account(self, name: str) -> Account | None:
        """One account."""
        row = self._connection.execute(select(account).where(account.c.name == name)).mappings().one_or_none()
        return Account(**row) if row else None

    def accounts(self) -> list[Account]:
        """All accounts."""
        return [Account(**row) for row in self._connection.execute(select(account)).mappings()]

    def put_account(self, row: Account) -> None:
        """Add or replace an account."""
        upsert(self._connection, account, _values(row))

    def note_failure(self, name: str, failures: int, until: datetime | None) -> None:
        """Count wrong passwords."""
        statement = update(account).where(account.c.name == name)
        self._connection.execute(statement.values(failures=failures, locked_until=until))

    def add_session(self, row: Session) -> None:
        """Begin a session."""
        self._connection.execute(insert(session), _values(row))

    def session(self, token_hash: str) -> Session | None:
        """One session."""
        query = select(session).where(session.c.token_hash == token_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        return Session(**row) if row else None

    def touch_session(self, token_hash: str, now: datetime) -> None:
        """The session was used."""
        self._connection.execute(
            update(session).where(session.c.token_hash == token_hash).values(seen_at=now)
        )

    def end_session(self, token_hash: str) -> None:
        """Log out."""
        self._connection.execute(delete(session).where(session.c.token_hash == token_hash))

    def end_sessions(self, name: str, but: str = "") -> None:
        """End all sessions of an account, save the one with the token hash `but`."""
        statement = delete(session).where(session.c.account == name, session.c.token_hash != but)
        self._connection.execute(statement)

    def purge_sessions(self, now: datetime) -> None:
        """Drop sessions and codes that are over."""
        self._connection.execute(delete(session).where(session.c.expires_at < now))
        self._connection.execute(delete(login_code).where(login_code.c.expires_at < now))

    def add_login_code(self, code_hash: str, name: str, until: datetime) -> None:
        """A code that logs an account in once."""
        row = {"code_hash": code_hash, "account": name, "expires_at": until}
        self._connection.execute(insert(login_code), row)

    def take_login_code(self, code_hash: str, now: datetime) -> str | None:
        """Use a code up: the account's name, or None when there is no such code."""
        statement = (
            delete(login_code)
            .where(login_code.c.code_hash == code_hash, login_code.c.expires_at >= now)
            .returning(login_code.c.account)
        )
        return self._connection.execute(statement).scalar_one_or_none()

    def add_key(self, row: ApiKey) -> None:
        """Add an API key."""
        self._connection.execute(insert(api_key), _values(row))

    def key(self, id_: str) -> ApiKey | None:
        """One API key."""
        row = self._connection.execute(select(api_key).where(api_key.c.id == id_)).mappings().one_or_none()
        return ApiKey(**row) if row else None

    def keys(self) -> list[ApiKey]:
        """All API keys, newest first."""
        query = select(api_key).order_by(api_key.c.created_at.desc())
        return [ApiKey(**row) for row in self._connection.execute(query).mappings()]

    def touch_key(self, id_: str, now: datetime) -> None:
        """The key was used."""
        self._connection.execute(update(api_key).where(api_key.c.id == id_).values(last_used_at=now))

    def revoke_key(self, id_: str, now: datetime) -> bool:
        """End a key at once."""
        statement = update(api_key).where(api_key.c.id == id_, api_key.c.revoked_at.is_(None))
        return self._connection.execute(statement.values(revoked_at=now)).rowcount == 1


def _values(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).__dataclass_fields__}
