"""The house over the real wires, on both databases and on SQLite alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.wire.house import House, running


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The whole product and both clouds, on SQLite and on PostgreSQL."""
    async with running(database_url) as found:
        yield found


@pytest_asyncio.fixture
async def cottage(tmp_path: Path) -> AsyncIterator[House]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    async with running(f"sqlite:///{tmp_path / 'zhongshu.db'}") as found:
        yield found
