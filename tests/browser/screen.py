"""Pages of a real browser: opened at a size, watched for errors, photographed; and the hands that press on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    expect,
)

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 375, "height": 720}
DINGTALK = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 DingTalk/7.6"
WECOM = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 wxwork/4.1"
# Chromium writes every refusal into its console; asking "who am I" without a session is answered 401.
USUAL = (("401", "/h5/api/open/"), ("401", "/admin/api/me"))
expect.set_options(timeout=8_000)


@dataclass
class Screens:
    """All pages of one test. `refusals`: (status, part of the address) of answers that the test provokes."""

    browser: Browser
    shots: Path
    refusals: list[tuple[str, str]] = field(default_factory=lambda: list(USUAL))
    errors: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def open(self, url: str, size: dict[str, int] = WIDE, agent: str = "") -> Page:
        """A page of a fresh browser; narrow ones are phones with a touch screen."""
        small = size["width"] < 700
        context = await self.browser.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            is_mobile=small,
            has_touch=small,
            user_agent=agent or None,
            reduced_motion="reduce",
        )
        context.set_default_timeout(8_000)
        self.contexts.append(context)
        context.on("weberror", lambda one: self.errors.append(f"uncaught: {one.error}"))
        context.on("console", self._said)
        page = await context.new_page()
        await page.goto(url)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        expected = any(status in message.text and part in where for status, part in self.refusals)
        if message.type == "error" and not expected:
            self.errors.append(f"console: {message.text} at {where}")

    async def shoot(self, page: Page, name: str) -> Path:
        """A picture of what the page shows now."""
        path = self.shots / f"{name}.png"
        await page.screenshot(path=path)
        assert path.stat().st_size > 5_000
        return path

    async def close(self) -> None:
        """Close all pages."""
        for one in self.contexts:
            await one.close()


@dataclass
class Hands:
    """Counts what a person does: taps on the screen, and texts typed."""

    taps: int = 0
    texts: int = 0

    async def tap(self, what: Locator) -> None:
        """Press something."""
        await what.click()
        self.taps += 1

    async def write(self, what: Locator, text: str) -> None:
        """Type a text into a field; getting into the field is a tap."""
        await what.fill(text)
        self.taps += 1
        self.texts += 1


def phone(page: Page, platform: str) -> Locator:
    """One of the two phones of the sandbox page."""
    return page.locator(f".column.{platform}")


def newest(column: Locator) -> Locator:
    """The newest card on a phone."""
    return column.locator("article").last


def webview(column: Locator) -> FrameLocator:
    """The page opened inside a phone."""
    return column.frame_locator("iframe")


async def fits(page: Page) -> None:
    """Nothing sticks out to the right: the page does not scroll sideways."""
    wide, room = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room, f"{page.url}: {wide} px in {room} px"
