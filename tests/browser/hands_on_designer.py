"""Hands on the form designer: real mouse drags, the property panel, what the draft says in the end."""

from __future__ import annotations

import re
from typing import Any

import yaml
from playwright.async_api import Locator, Page, expect

STEPS = 8


async def drag(page: Page, what: Locator, to: Locator, *, at: float = 0.5) -> None:
    """Press, move and let go, as a mouse does; `at`: how far down on it."""
    await what.scroll_into_view_if_needed()
    start, end = await what.bounding_box(), await to.bounding_box()
    assert start and end
    x0, y0 = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    x1, y1 = end["x"] + end["width"] / 2, end["y"] + end["height"] * at
    await page.mouse.move(x0, y0)
    await page.mouse.down()
    for step in range(STEPS + 1):
        await page.mouse.move(x0 + 6 + (x1 - x0 - 6) * step / STEPS, y0 + 6 + (y1 - y0 - 6) * step / STEPS)
        await page.wait_for_timeout(20)
    await page.mouse.move(x1, y1 + 1)
    await page.wait_for_timeout(60)
    await page.mouse.up()
    await page.wait_for_timeout(60)


class Designer:
    """One open designer."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def kind(self, type_: str) -> Locator:
        """A kind in the palette."""
        return self.page.locator(f".palette [data-kind={type_}]")

    def card(self, path: str) -> Locator:
        """A field on the canvas: `fields.0`, `fields.2.fields.1`."""
        return self.page.locator(f'.field[data-path="{path}"]')

    async def choose(self, path: str) -> None:
        """Press a field."""
        await self.card(path).locator("> .head").click()
        await expect(self.card(path).locator("> .head")).to_have_attribute("aria-pressed", "true")

    def row(self, name: str) -> Locator:
        """A property in the panel."""
        return self.page.locator(f".right [data-property={name}]").first

    async def open(self, section: str) -> None:
        """A folded section of the panel."""
        fold = self.page.locator(".right .fold", has_text=section)
        if await fold.get_attribute("aria-expanded") == "false":
            await fold.click()

    async def write(self, **texts: str) -> None:
        """Type into properties of the chosen field."""
        for name, text in texts.items():
            box = self.row(name).locator("input, textarea").first
            await box.fill(text)
            await box.press("Tab")

    async def turn(self, *names: str) -> None:
        """Press switches."""
        for name in names:
            await self.row(name).locator(".el-switch").click()

    async def pick(self, where: Locator, text: str) -> None:
        """Choose from a drop-down."""
        await where.scroll_into_view_if_needed()
        await where.click(force=True)  # the text of the choice lies over its input
        await self.page.locator(
            ".el-select-dropdown__item:visible", has_text=re.compile(f"^{re.escape(text)}$")
        ).first.click()

    async def options(self, *texts: str) -> None:
        """All options at once, by lines."""
        row = self.row("options")
        await row.get_by_text("批量编辑").click()
        await row.get_by_label("一行一个选项").fill("\n".join(texts))
        await row.get_by_text("完成").click()

    async def formula(self, text: str) -> Locator:
        """Write a formula; the dialog stays open."""
        await self.row("formula").locator(".formula").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.locator(".cm-content").fill(text)
        return dialog

    async def draft(self) -> dict[str, Any]:
        """What the draft says, once it is saved."""
        await self.page.keyboard.press("Control+s")
        await expect(self.page.locator(".status")).to_contain_text("已保存")
        text = await self.page.evaluate(
            "fetch('/admin/api/definitions/form/' + location.hash.split('/').pop())"
            ".then((one) => one.json()).then((one) => one.draft.text)"
        )
        return dict(yaml.safe_load(text))
