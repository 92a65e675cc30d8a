"""The reference company on a real SQLite store, served over HTTP; a platform that knows who holds the phone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from admin import server as admin_server
from admin.auth import first_account, one_time_link
from connect import api
from connect.edge import Deps, middlewares
from core import commands as c
from core.clock import TimeSortedIds
from core.companies import read_company
from core.keys import Keys
from core.service import Outcome, Service
from core.settings import Settings
from core.store.outbox import CardRow
from core.store.work import House, Store

Browser = TestClient[web.Request, web.Application]

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CLAIM: dict[str, Any] = {
    "reason": "拜访鸿达",
    "items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": "86.50"}],
}


class Refusal(Exception):
    """What the platform raises for a code it does not know."""


class FakePlatform:
    """Hands out one-time codes for user ids."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.sent: list[tuple[str, str]] = []

    def login_url(self, back: str, state: str) -> str:
        assert state.isalnum()
        self.sent.append((back, state))
        return f"https://login.example/?redirect_uri={back}&state={state}"

    async def login(self, code: str) -> str:
        if code not in self.codes:
            raise Refusal("unknown code")
        return self.codes.pop(code)

    def healthy(self) -> bool:
        return True


@dataclass
class Hands:
    """A clock that tests set."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Company:
    """The running product without chat: its door, its store, its clock, its platform."""

    store: Store
    service: Service
    clock: Hands
    settings: Settings
    platform: FakePlatform = field(default_factory=FakePlatform)

    def do(self, command: c.Command) -> Outcome:
        return self.service.perform(command)

    def done(self, command: c.Command) -> dict[str, Any]:
        outcome = self.do(command)
        assert outcome.ok, outcome
        return outcome.data

    def card(self, kind: str, subject: str, person: str) -> CardRow:
        with self.store.read() as uow:
            return uow.cards.of_subject((kind, subject), person)[0]

    def draft(
        self, person: str = "li", form: str = "expense_claim", platform: str = "dingtalk"
    ) -> tuple[str, str]:
        """A new draft and the handle of its card."""
        draft_id = self.done(c.OpenDraft(person, form, platform))["draft_id"]
        return draft_id, self.card("draft", draft_id, person).handle

    def claim(self, person: str = "li", **values: Any) -> dict[str, Any]:
        """A claim that was handed in; adds `task_id`, the manager's task."""
        data = self.done(c.CreateRecord(person, "expense_claim", {**CLAIM, **values}))
        with self.store.read() as uow:
            instance = uow.instances.load(data["instance_id"])
        assert instance is not None
        return {**data, "task_id": instance.open_tasks()[0].id}


def open_company(path: Path, clock: Hands) -> tuple[Store, Service]:
    store = Store.open(f"sqlite:///{path}", House(clock, TimeSortedIds(), ZoneInfo("Asia/Shanghai")))
    return store, Service(store)


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the company and the suites, copied for each test."""
    path = tmp_path_factory.mktemp("seed") / "zhongshu.db"
    store, service = open_company(path, Hands())
    people = read_company((ROOT / "suites/company/people.yaml").read_text())
    assert service.perform(c.ReplaceDirectory("system", people)).ok
    for name in ("office/expense", "crm/customer"):
        outcome = service.perform(c.Publish("system", (ROOT / f"suites/{name}.yaml").read_text()))
        assert outcome.ok, outcome
    store.close()
    return path


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """New hashes are 32 times cheaper than in the product; a hash carries its own cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("admin.passwords.LOG_N", 10)
        yield


@pytest.fixture
def company(seed: Path, tmp_path: Path) -> Iterator[Company]:
    path = tmp_path / "zhongshu.db"
    shutil.copy(seed, path)
    clock = Hands()
    store, service = open_company(path, clock)
    yield Company(store, service, clock, Settings(company="鸿达机电"))
    store.close()


@pytest.fixture
def deps(company: Company) -> Deps:
    return Deps(
        company.service,
        company.store,
        company.settings,
        adapters={"dingtalk": company.platform, "wecom": company.platform},
        preview=lambda _uow, parsed: {"title": parsed.title},
        refusals=(Refusal,),
        keys=Keys(b"k" * 32),
    )


@pytest.fixture
async def browser(deps: Deps) -> AsyncIterator[Browser]:
    app = web.Application(middlewares=middlewares(deps))
    app.add_routes(admin_server.routes(deps))
    app.add_routes(api.routes(deps))
    async with TestClient(TestServer(app)) as client:
        yield client


class Admin:
    """A browser that is logged in to the admin page."""

    def __init__(self, company: Company, client: Browser, csrf: str) -> None:
        self.company = company
        self.client = client
        self.csrf = csrf

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        headers = {"X-CSRF-Token": self.csrf}
        sent = {} if body is None else {"json": body}
        async with self.client.request(method, f"/admin/api{path}", headers=headers, **sent) as answer:
            found = await answer.json()
            assert answer.status == status, found
            return found

    async def by_link(self) -> None:
        """Log in again by a new one-time link."""
        link = await one_time_link(self.company.store, "http://x")
        self.csrf = (await self.post("/login", {"code": link.partition("code=")[2]}))["csrf"]

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.call("GET", path, status=status)

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        return await self.call("POST", path, body, status)


@pytest.fixture
async def password(company: Company) -> str:
    made = await first_account(company.store)
    assert made
    return made


@pytest.fixture
async def admin(company: Company, browser: Browser, password: str) -> Admin:
    answer = await browser.post("/admin/api/login", json={"name": "admin", "password": password})
    found = await answer.json()
    assert answer.status == 200, found
    return Admin(company, browser, found["csrf"])
