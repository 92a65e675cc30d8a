"""A real browser on the running house. Every page fails its test on an uncaught error or an error in the console."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.demo import seed
from tests.browser.screen import Screens
from tests.wire.house import STATIC, House, running


def chromium() -> str | None:
    """Where a headless Chromium is."""
    wanted = (os.environ.get("CHROMIUM"), shutil.which("chromium-headless-shell"), shutil.which("chromium"))
    return next((one for one in wanted if one), None)


def absent(why: str) -> None:
    """Skip; in CI a missing browser or page is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    path = chromium()
    if path is None:
        absent("no chromium-headless-shell: apt-get install chromium-headless-shell")
    if not (STATIC / "index.html").is_file():
        absent("the pages are not built: make web")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[House]:
    """The whole product and both clouds on SQLite."""
    async with running(f"sqlite:///{tmp_path / 'zhongshu.db'}") as found:
        yield found


@pytest_asyncio.fixture
async def lived_in(tmp_path: Path) -> AsyncIterator[House]:
    """The same with the history of the demo."""
    async with running(f"sqlite:///{tmp_path / 'zhongshu.db'}", lambda store, _: seed(store)) as found:
        yield found


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go: ZHONGSHU_SHOTS, or the test's own folder."""
    folder = Path(os.environ.get("ZHONGSHU_SHOTS") or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture
async def screens(browser: Browser, shots: Path) -> AsyncIterator[Screens]:
    """Opens pages; at the end none of them may have met an error."""
    found = Screens(browser, shots)
    yield found
    await found.close()
    assert not found.errors, "\n".join(found.errors)
