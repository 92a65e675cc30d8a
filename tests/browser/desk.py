"""A headless Chromium in front of the server alone, without chat: for tests of one page with data of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from admin.pages import STATIC
from bot.preview import preview
from connect.edge import Deps
from tests.http.conftest import (  # noqa: F401 - fixtures
    Browser,
    Company,
    Refusal,
    browser,
    cheap_passwords,
    company,
    seed,
)
from tests.http.test_h5 import Phone

ARGS = ["--disable-dev-shm-usage", "--disable-gpu"]


def _program() -> str | None:
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium-headless-shell", "chromium"))]
    return next((one for one in found if one), None)


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    program = _program()
    missing = "no Chromium" if program is None else "" if (STATIC / "m.html").exists() else "pages not built"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=ARGS)
        yield chromium
        await chromium.close()


@pytest.fixture
def deps(company: Company) -> Deps:  # noqa: F811
    """As the product puts them together, with a platform that knows who holds the device."""
    return Deps(
        company.service,
        company.store,
        company.settings,
        adapters={"dingtalk": company.platform, "wecom": company.platform},
        preview=preview,
        refusals=(Refusal,),
    )


class Screen:
    """One person's browser window in front of the server."""

    def __init__(self, context: BrowserContext, client: Browser) -> None:
        self.context = context
        self.client = client
        self.errors: list[str] = []

    def url(self, path: str) -> str:
        return str(self.client.make_url(path))

    async def borrow(self) -> None:
        """Take over the cookies of the test's own client: who is logged in there is logged in here."""
        cookies: list[Any] = [
            {"name": one.key, "value": one.value, "url": self.url("/")}
            for one in self.client.session.cookie_jar
        ]
        await self.context.add_cookies(cookies)

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        await page.goto(self.url(path))
        return page


@pytest_asyncio.fixture
async def desk(chromium: Chromium, browser: Browser) -> AsyncIterator[Screen]:  # noqa: F811
    """A window as wide as a desk has it."""
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    screen = Screen(context, browser)
    yield screen
    await context.close()
    assert screen.errors == []


@pytest_asyncio.fixture
async def pocket(chromium: Chromium, browser: Browser) -> AsyncIterator[Screen]:  # noqa: F811
    """A phone."""
    context = await chromium.new_context(
        viewport={"width": 375, "height": 720},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    screen = Screen(context, browser)
    yield screen
    await context.close()
    assert screen.errors == []


async def sign_in(company: Company, client: Browser, person: str, handle: str) -> None:  # noqa: F811
    """The platform says who holds the device."""
    phone = Phone(company, client, person)
    opened = await phone.opens(handle)
    assert opened["status"] == 200, opened
