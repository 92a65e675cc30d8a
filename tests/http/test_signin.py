"""Coming in to the admin page, and what keeps strangers and other sites out."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from admin import server as admin_server
from admin.auth import first_account, one_time_link, set_password
from admin.passwords import NOBODY, hash_password, verify
from connect.edge import Deps, middlewares
from core import commands as c
from core.companies import read_company
from core.settings import Settings
from tests.http.conftest import ROOT, Admin, Browser, Company, web


async def login(browser: Browser, name: str, password: str, **headers: str) -> tuple[int, dict]:
    answer = await browser.post(
        "/admin/api/login", json={"name": name, "password": password}, headers=headers
    )
    return answer.status, await answer.json()


async def test_the_first_account_is_made_once_with_a_random_password(company: Company, browser: Browser):
    password = await first_account(company.store)

    assert await first_account(company.store) is None
    status, found = await login(browser, "admin", password)
    assert status == 200
    assert found["me"] == {"name": "赵总", "person": "zhao", "role": "系统管理员"}
    assert found["company"] == "鸿达机电"


async def test_the_cookie_is_out_of_reach_of_scripts(browser: Browser, password: str):
    answer = await browser.post("/admin/api/login", json={"name": "admin", "password": password})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("zs_admin=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


async def test_behind_https_the_cookie_is_tied_to_the_host(company: Company, deps: Deps, password: str):
    settings = Settings(public_url="https://zs.example.com")
    app = web.Application(middlewares=middlewares(deps))
    app.add_routes(admin_server.routes(Deps(deps.service, deps.store, settings, refusals=deps.refusals)))
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/admin/api/login", json={"name": "admin", "password": password})
        assert answer.headers["Set-Cookie"].startswith("__Host-zs_admin=")
        assert "Secure" in answer.headers["Set-Cookie"]


def test_a_password_costs_a_guesser_32_megabytes():
    hashed = hash_password("a-good-password")

    assert verify("a-good-password", hashed)
    assert not verify("a-good-passwore", hashed)
    assert not verify("", NOBODY)
    assert NOBODY.startswith("scrypt$15$8$1$")


async def test_five_wrong_passwords_lock_for_a_minute(company: Company, browser: Browser, password: str):
    for _ in range(5):
        status, found = await login(browser, "admin", "wrong-password")
        assert (status, found["code"]) == (401, "wrong_password")

    answer = await browser.post("/admin/api/login", json={"name": "admin", "password": password})

    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    with company.store.read() as uow:
        told = [row.body for row in uow.audit.of("account:admin")]
    assert any('"locked"' in one for one in told)


async def test_an_unknown_name_is_refused_like_a_wrong_password(browser: Browser, password: str):
    assert await login(browser, "nobody", password) != await login(browser, "admin", "wrong-password")
    one, two = await login(browser, "nobody", "x" * 12), await login(browser, "admin", "x" * 12)

    assert {**one[1], "request_id": ""} == {**two[1], "request_id": ""}
    assert one[0] == two[0] == 401


async def test_a_link_works_once(company: Company, browser: Browser, password: str):
    code = (await one_time_link(company.store, "https://zs.example.com")).partition("?code=")[2]

    first = await browser.post("/admin/api/login", json={"code": code})
    second = await browser.post("/admin/api/login", json={"code": code})

    assert (first.status, second.status) == (200, 401)


async def test_a_late_link_is_refused(company: Company, browser: Browser, password: str):
    code = (await one_time_link(company.store, "http://x", minutes=10)).partition("?code=")[2]
    company.clock.pass_(minutes=11)

    assert (await browser.post("/admin/api/login", json={"code": code})).status == 401


async def test_a_session_ends_when_idle_and_after_twelve_hours(company: Company, admin: Admin):
    for _ in range(24):
        company.clock.pass_(minutes=29)
        await admin.get("/me")
    company.clock.pass_(minutes=29)
    await admin.get("/me", status=401)

    await admin.by_link()
    company.clock.pass_(minutes=31)
    await admin.get("/me", status=401)


async def test_a_session_ends_when_its_person_leaves(company: Company, admin: Admin):
    text = (ROOT / "suites/company/people.yaml").read_text()
    gone = read_company(text.replace("{id: zhao, name: 赵国栋,", "{id: zhao, active: false, name: 赵国栋,"))
    company.done(c.ReplaceDirectory("system", gone))

    await admin.get("/me", status=401)


async def test_a_person_who_is_no_administrator_cannot_come_in(company: Company, browser: Browser):
    password = await first_account(company.store, "li", "li")

    assert (await login(browser, "li", password))[0] == 403


async def test_changing_the_password_ends_other_sessions(
    company: Company, admin: Admin, deps: Deps, password: str
):
    app = web.Application(middlewares=middlewares(deps))
    app.add_routes(admin_server.routes(deps))
    async with TestClient(TestServer(app)) as other:
        assert (await login(other, "admin", password))[0] == 200
        await admin.post("/password", {"old": "wrong", "new": "a-better-password"}, status=422)
        await admin.post("/password", {"old": password, "new": "short"}, status=422)
        await admin.post("/password", {"old": password, "new": "a-better-password"})

        assert (await other.get("/admin/api/me")).status == 401
        await admin.get("/me")
        assert (await login(other, "admin", "a-better-password"))[0] == 200


async def test_the_operator_sets_a_new_password(company: Company, browser: Browser, password: str):
    fresh = await set_password(company.store, "admin")

    assert (await login(browser, "admin", password))[0] == 401
    assert (await login(browser, "admin", fresh))[0] == 200


async def test_logging_out_ends_the_session(admin: Admin):
    await admin.post("/logout", {})

    await admin.get("/me", status=401)


async def test_a_change_needs_the_token_of_the_page(admin: Admin):
    right = admin.csrf
    for wrong in ("", "x" * 43):
        admin.csrf = wrong
        assert (await admin.post("/audit/verify", {}, status=403))["code"] == "csrf"
    admin.csrf = right
    await admin.post("/audit/verify", {})


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ],
)
async def test_other_sites_cannot_change_anything(admin: Admin, password: str, header: str, value: str):
    headers = {header: value, "X-CSRF-Token": admin.csrf}
    answer = await admin.client.post("/admin/api/audit/verify", json={}, headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (403, "cross_site")

    assert (await login(admin.client, "admin", password, **{header: value}))[0] == 403


async def test_nothing_answers_without_a_session(browser: Browser):
    for path in ("/me", "/overview", "/definitions", "/forms", "/people", "/outbox", "/audit", "/keys"):
        answer = await browser.get(f"/admin/api{path}")
        assert (answer.status, (await answer.json())["code"]) == (401, "login"), path
