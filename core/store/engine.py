"""Opening the database: SQLite with one writer, or PostgreSQL with a pool; the same code above.

SQLite settings and their reasons: facts measured for this project (docs/architecture.md, "Store").
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, QueuePool

from core.errors import Misconfigured

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=wal",
    "PRAGMA synchronous=full",
    "PRAGMA busy_timeout=10000",
    "PRAGMA foreign_keys=on",
)


def parse_url(text: str) -> URL:
    """The database address; a plain `postgresql://` means psycopg. Raises Misconfigured."""
    try:
        url = make_url(text)
    except Exception as error:
        raise Misconfigured(f"ZHONGSHU_DATABASE_URL 写法不对：{error}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise Misconfigured("ZHONGSHU_DATABASE_URL 只支持 sqlite:///… 或 postgresql+psycopg://…")
    return url


def sqlite_engine(url: URL, *, writer: bool) -> Engine:
    """An engine for the writer thread (BEGIN IMMEDIATE) or for readers (query only)."""
    engine = create_engine(
        url,
        poolclass=NullPool if writer else QueuePool,
        connect_args={"check_same_thread": False},
        query_cache_size=5000,
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        if not writer:
            connection.execute("PRAGMA query_only=on")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def postgresql_engine(url: URL, *, size: int) -> Engine:
    """A pool that notices dead connections and bounds every statement."""
    return create_engine(
        url,
        pool_size=size,
        max_overflow=4,
        pool_pre_ping=True,
        query_cache_size=5000,
        connect_args={
            "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
        },
    )


class FileLock:
    """Keeps a second process away from one SQLite file; the kernel releases it when we die."""

    def __init__(self, database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        self._path = database.with_name(database.name + ".lock")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise Misconfigured(
                f"数据库 {database} 正被另一个 zhongshu 进程使用。请先停掉它，或换一个 ZHONGSHU_DATABASE_URL；"
                "需要多个进程时请用 PostgreSQL。"
            ) from error

    def release(self) -> None:
        """Give the file free."""
        os.close(self._file)
