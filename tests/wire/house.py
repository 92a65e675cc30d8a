"""The whole house over the real wires: sandbox clouds, product, phones and browsers, on loopback ports in one loop."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port
from PIL import Image

from bot.app import Parts, application, assemble, house_of
from bot.demo import PEOPLE, SMTP_HOST, TEMPLATES, settings_for, smtp_port
from core.commands import Command
from core.service import Outcome, Service
from core.settings import Settings
from core.store.work import Store
from sandbox import dingtalk_template, people
from sandbox.app import build
from tests.company import ROOT, SHANGHAI, furnish

STATIC = ROOT / "admin" / "static"
Json = dict[str, Any]
PATIENCE = 8.0


class Refused(AssertionError):
    """An H5 call that did not end in 200; `status` and `body` as they came."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass
class Box:
    """The sandbox's control API."""

    base: str
    http: aiohttp.ClientSession
    app: web.Application

    async def get(self, path: str) -> Json:
        async with self.http.get(f"{self.base}/sandbox/api/{path}") as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, **body: Any) -> Json:
        async with self.http.post(f"{self.base}/sandbox/api/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def faults(self, platform: str = "both", **knobs: Any) -> Json:
        """Turn knobs (docs/sandbox.md section 3)."""
        return await self.post("faults", platform=platform, **knobs)

    async def wire(self, after: int = 0) -> list[Json]:
        """Every exchange since one."""
        return list((await self.get(f"wire?limit=1000&after={after}"))["entries"])

    async def media(self, url: str) -> bytes:
        """An uploaded picture."""
        async with self.http.get(f"{self.base}{url}") as response:
            assert response.status == 200
            return await response.read()


@dataclass
class Phone:
    """One person's client of one platform, and what they do with it."""

    house: House
    platform: str
    userid: str
    browser: aiohttp.ClientSession | None = None

    async def say(self, text: str) -> Json:
        """Write to the bot; returned once the bot took it."""
        said = await self.house.box.post("say", platform=self.platform, userid=self.userid, text=text)
        assert said["ok"], said
        return said

    async def click(self, button: str = "", *, on: str = "", **more: Any) -> Json:
        """Press a button (or the form's submit) of the newest card, or of the one named."""
        card = on or (await self.card())["card_id"]
        body = {"platform": self.platform, "userid": self.userid, "card_id": card, **more}
        return await self.house.box.post("click", **(body | {"button": button} if button else body))

    async def press(self, button: str = "", **more: Any) -> Json:
        """Press and see the card that the platform's answer drew."""
        pressed = await self.click(button, **more)
        assert pressed["ok"], pressed
        return pressed["card"]["drawn"] if pressed.get("card") else pressed

    async def chat(self) -> list[Json]:
        """All bubbles, oldest first."""
        return list((await self.house.box.get(f"chats/{self.platform}/{self.userid}"))["messages"])

    async def cards(self) -> list[Json]:
        """All cards, oldest first."""
        return [one["card"] for one in await self.chat() if one["card"]]

    async def card(self) -> Json:
        """The newest card."""
        return (await self.cards())[-1]

    async def drawn(self) -> Json:
        """The newest card as it is drawn."""
        return (await self.card())["drawn"]

    async def texts(self) -> list[str]:
        """What the bot wrote in plain words."""
        return [one["text"] for one in await self.chat() if one["kind"] == "text" and one["from"] == "bot"]

    async def sees(
        self, title: str, *, holding: str = "", beyond: int = 0, patience: float = PATIENCE
    ) -> Json:
        """Wait until the newest card has this title (and holds this text); as drawn. beyond: cards seen before."""

        async def look() -> Json | None:
            found = await self.cards()
            drawn = found[-1]["drawn"] if len(found) > beyond else {}
            return drawn if drawn.get("title") == title and holding in words(drawn) else None

        return await until(look, patience, self.report)

    async def sees_text(self, part: str) -> str:
        """Wait until the bot wrote something that holds this."""

        async def look() -> str | None:
            return next((one for one in await self.texts() if part in one), None)

        return await until(look, PATIENCE, self.report)

    async def sees_picture(self) -> bytes:
        """Wait for a picture in the chat; its bytes."""

        async def look() -> bytes | None:
            found = [one for one in await self.chat() if one["kind"] == "image" and one["from"] == "bot"]
            return await self.house.box.media(found[-1]["media_url"]) if found else None

        return await until(look, 20, self.report)

    async def report(self) -> str:
        """What stands in the chat, for a failed wait."""
        lines = [f"{one['from']} {one['kind']} {one['text'][:80]}" for one in await self.chat()]
        found = await self.cards()
        return "\n".join([*lines, words(found[-1]["drawn"]) if found else ""])

    async def opens(self, url: str = "") -> Page:
        """Open a link in the client's own browser: login, redirects and all; the newest card's link by default."""
        if not url:
            drawn = await self.drawn()
            url = drawn["link"] or next(one["url"] for one in reversed(drawn["buttons"]) if one["url"])
        if self.browser is None:
            self.browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), trust_env=False)
            self.house.browsers.append(self.browser)
        page = Page(self.house, self.browser, real(url).rsplit("/", 1)[-1])
        await page.enter(
            f"{self.house.box.base}/webview/{self.platform}/{self.userid}?url={quote(real(url), safe='')}"
        )
        return page


@dataclass
class Page:
    """An H5 page as its script speaks with the server."""

    house: House
    browser: aiohttp.ClientSession
    handle: str
    shown: Json = field(default_factory=dict)
    logins: int = 0

    async def enter(self, url: str) -> None:
        """Load the page; where the server asks for a login, go there as the page does and come back."""
        await self._load(url)
        try:
            self.shown = await self.call("GET", f"open/{self.handle}")
        except Refused as refused:
            if refused.status != 401:
                raise
            self.logins += 1
            await self._load(refused.body["login"])
            self.shown = await self.call("GET", f"open/{self.handle}")

    async def _load(self, url: str) -> None:
        async with self.browser.get(url) as response:
            body = await response.text()
            assert response.status == 200, (str(response.url), body[:300])
            assert "<html" in body
            assert str(response.url).endswith(f"/h5/l/{self.handle}"), response.url

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        """A call of the page's script. Raises Refused."""
        headers = {"X-CSRF-Token": self.shown.get("csrf", ""), "Sec-Fetch-Site": "same-origin"}
        url = f"{self.house.parts.settings.base_url}/h5/api/{path}"
        async with self.browser.request(method, url, json=body, headers=headers, **more) as response:
            answer = await response.json()
            if response.status != 200:
                raise Refused(response.status, answer)
            return answer

    async def save(self, **values: Any) -> None:
        """Autosave of the draft."""
        draft = self.shown["draft"]
        draft["values"] |= values
        saved = await self.call(
            "PUT", f"draft/{draft['id']}", {"revision": draft["revision"], "values": draft["values"]}
        )
        draft["revision"] = saved["revision"]

    async def upload(self, name: str, body: bytes, type_: str = "image/png") -> Json:
        """A file of the form."""
        form = aiohttp.FormData(quote_fields=False)  # as browsers send Chinese file names
        form.add_field("file", body, filename=name, content_type=type_)
        headers = {"X-CSRF-Token": self.shown["csrf"], "Sec-Fetch-Site": "same-origin"}
        url = f"{self.house.parts.settings.base_url}/h5/api/files"
        async with self.browser.post(url, data=form, headers=headers) as response:
            answer = await response.json()
            if response.status != 200:
                raise Refused(response.status, answer)
            return answer

    async def submit(self, client_id: str = "tap-1", **values: Any) -> Json:
        """Hand the form in."""
        draft = self.shown["draft"]
        sent = {
            "revision": draft["revision"],
            "values": draft["values"] | values,
            "client_id": client_id,
        }
        return await self.call("POST", f"draft/{draft['id']}/submit", sent)


@dataclass
class House:
    """Product and clouds, running."""

    parts: Parts
    box: Box
    folder: Path
    browsers: list[aiohttp.ClientSession] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.parts.store

    @property
    def sandbox(self) -> web.Application:
        """The clouds themselves, for faults that the control API has no knob for."""
        return self.box.app

    def phone(self, person: str, platform: str) -> Phone:
        """A person's phone, by their id."""
        found = self.read(lambda uow: uow.people.people[person])
        userid = next(one.external_id for one in found.identities if one.platform == platform)
        return Phone(self, platform, userid)

    def read(self, question: Any) -> Any:
        """Ask the database something."""
        with self.store.read() as uow:
            return question(uow)

    async def perform(self, command: Command, *, days_ago: float = 0) -> Outcome:
        """Through the door; with an earlier clock, and nobody told, when it was long ago."""
        service = self.parts.service
        if days_ago:
            at = self.store.house.clock() - timedelta(days=days_ago)
            service = Service(self.store.at(replace(self.store.house, clock=lambda: at, quiet=True)))
        outcome = await asyncio.wrap_future(service.submit(command))
        assert outcome.ok, outcome
        return outcome

    async def get(self, path: str) -> tuple[int, str]:
        """A page of the product without any login."""
        async with self.box.http.get(f"{self.parts.settings.base_url}{path}") as response:
            return response.status, await response.text()

    async def metric(self, name: str) -> float:
        """A number of /metrics; 0.0 when it is not there yet. Metrics live as long as the process: compare two."""
        _, text = await self.get("/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    async def settled(self, patience: float = PATIENCE) -> None:
        """Wait until nothing that is due is left to send; repairs of pressed cards may rest their few seconds."""

        async def look() -> bool | None:
            due = self.read(lambda uow: [one for one in uow.outbox.list("waiting") if one.next_at <= uow.now])
            return None if due else True

        await until(look, patience, self.waiting)

    async def waiting(self) -> str:
        """What is left to send, for a failed wait."""
        return "\n".join(str(one) for one in self.read(lambda uow: uow.outbox.list("waiting")))


async def until(
    look: Callable[[], Awaitable[Any]], patience: float, report: Callable[[], Awaitable[str]]
) -> Any:
    """What `look` finds; looks again every few milliseconds, fails with the report when patience ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while (found := await look()) is None:
        if loop.time() > end:
            raise AssertionError(f"not seen within {patience:g} s:\n{await report()}")
        await asyncio.sleep(0.03)
    return found


async def claim(li: Phone, *amounts: str, reason: str = "拜访鸿达") -> Page:
    """报销 typed, the card filled, the page opened, a line for each amount, a photo if asked for, handed in."""
    before = len(await li.cards())
    await li.say("报销")
    await li.sees("费用报销", beyond=before)
    await li.press(values={"reason": reason})
    page = await li.opens((await li.click("填写明细"))["url"])
    values: Json = {"items": [{"spent_on": today(-1), "kind": "交通", "amount": one} for one in amounts]}
    await page.save(**values)
    if sum(float(one) for one in amounts) > 500:
        values["invoice"] = [await page.upload("发票.png", photo())]
    page.shown["answer"] = await page.submit(**values)
    await li.sees("费用报销 审批中")
    return page


def words(drawn: Json) -> str:
    """Everything that can be read on a drawn card."""
    rows = [f"{one['label']} {one['value']}" for one in drawn["rows"]]
    buttons = [one["text"] for one in drawn["buttons"]]
    texts = [drawn["title"], drawn["subtitle"], drawn["status"], drawn["markdown"], drawn["note"]]
    return "\n".join([*texts, *rows, *buttons])


def rows_of(drawn: Json) -> dict[str, str]:
    """A drawn card's rows by their labels."""
    return {one["label"]: one["value"] for one in drawn["rows"]}


def labels(drawn: Json) -> list[str]:
    """What can be pressed on a drawn card."""
    return [one["text"] for one in drawn["buttons"] if one["enabled"]]


def real(url: str) -> str:
    """The page behind a link: DingTalk wraps it for its own browser."""
    parts = urlsplit(url)
    return parse_qs(parts.query)["url"][0] if parts.scheme == "dingtalk" else url


def photo(colour: str = "#c9dbf2") -> bytes:
    """A picture as a phone sends it."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "PNG")
    return out.getvalue()


def settings_at(url: str, folder: Path, product: int, sandbox: int) -> Settings:
    """The product's settings: a fresh database, the reference company's credentials, loopback ports."""
    given = Settings(database_url=url, listen=f"127.0.0.1:{product}")
    return settings_for(given, folder, f"127.0.0.1:{sandbox}")


async def serve(app: web.Application, port: int) -> web.AppRunner:
    """Listen on a loopback port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def clouds(sandbox: int, product: int, folder: Path | None = None) -> web.Application:
    """The sandbox with the reference company and our card templates."""
    company = people.load(PEOPLE)
    templates = {
        f"zhongshu-{name}.schema": dingtalk_template.load(
            f"zhongshu-{name}.schema", TEMPLATES / f"{name}.json"
        )
        for name in ("form", "task")
    }
    base, callback = f"http://127.0.0.1:{sandbox}", f"http://127.0.0.1:{product}/callbacks/wecom"
    smtp = (SMTP_HOST, smtp_port(f"127.0.0.1:{sandbox}"))
    return build(
        company, base, callback=callback, templates=templates, static=STATIC, folder=folder, smtp=smtp
    )


def sandbox_port() -> int:
    """A free port whose neighbour, where the sandbox's mail server listens, is free too."""
    while True:
        port = unused_port()
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.bind((SMTP_HOST, port + 1))
            return port


@asynccontextmanager
async def sandbox_alone() -> AsyncIterator[tuple[int, int, Box]]:
    """The clouds without the product: (sandbox port, the port the product is expected on, control API)."""
    sandbox, product = sandbox_port(), unused_port()
    app = clouds(sandbox, product)
    runner = await serve(app, sandbox)
    async with aiohttp.ClientSession(trust_env=False) as http:
        try:
            yield sandbox, product, Box(f"http://127.0.0.1:{sandbox}", http, app)
        finally:
            await runner.cleanup()


@asynccontextmanager
async def product_on(
    settings: Settings, box: Box, folder: Path, fill: Callable[[Store, Service], object] = furnish
) -> AsyncIterator[House]:
    """The product with these settings, furnished, beside running clouds."""
    store = await asyncio.to_thread(Store.open, settings.database_url, house_of(settings))
    try:
        async with aiohttp.ClientSession(trust_env=False) as http:
            parts = assemble(settings, store, http)
            await asyncio.to_thread(fill, store, parts.service)
            runner = await serve(application(parts), settings.address[1])
            house = House(parts, box, folder)
            try:
                yield house
            finally:
                for one in house.browsers:
                    await one.close()
                await runner.cleanup()
    finally:
        await asyncio.to_thread(store.close)


@asynccontextmanager
async def running(
    url: str, fill: Callable[[Store, Service], object] = furnish, **more: Any
) -> AsyncIterator[House]:
    """Everything, on this database; yields when both platforms can reach the product."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with sandbox_alone() as (sandbox, product, box):
            settings = settings_at(url, folder, product, sandbox).model_copy(update=more)
            async with product_on(settings, box, folder, fill) as house:
                await connected(house)
                yield house


async def connected(house: House) -> None:
    """Wait until the stream is up and the callback's door is open."""

    async def look() -> bool | None:
        health = await house.box.get("health")
        ready = all(one.healthy() for one in house.parts.adapters.values())
        return True if ready and health["dingtalk"]["connections"] else None

    async def report() -> str:
        return str({name: one.healthy() for name, one in house.parts.adapters.items()})

    await until(look, PATIENCE, report)


def today(days: int = 0) -> str:
    """A date near today in the business zone, as pages send it."""
    return (datetime.now(SHANGHAI).date() + timedelta(days=days)).isoformat()
