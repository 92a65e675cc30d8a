"""The edge: strict JSON, one error form, headers, static files, limits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from yarl import URL

from admin.pages import Pages
from connect.edge import Deps, Refused, middlewares
from connect.edge.buckets import Buckets, Throttle
from connect.edge.client import address
from connect.edge.jsonbody import parse
from core.settings import Settings
from core.store.writer import Busy
from tests.http.conftest import Admin, Browser

HOSTILE = {
    "not json": (b"{", "bad_json"),
    "empty": (b"", "bad_json"),
    "a list": (b"[]", "bad_json"),
    "twice the same key": (b'{"a":1,"a":2}', "bad_json"),
    "NaN": (b'{"a":NaN}', "bad_json"),
    "Infinity": (b'{"a":-Infinity}', "bad_json"),
    "nineteen digits": (b'{"a":1234567890123456789}', "bad_json"),
    "a huge exponent": (b'{"a":1e999999}', "bad_json"),
    "NUL": (b'{"a":"x\\u0000"}', "bad_json"),
    "a control character": (b'{"a":"x\\u0007"}', "bad_json"),
    "a lone surrogate": (b'{"a":"\\ud800"}', "bad_json"),
    "a lone surrogate as key": (b'{"\\udfff":1}', "bad_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "bad_json"),
    "latin-1": (b'{"a":"\xe4"}', "bad_json"),
    "65 deep": (b'{"a":' * 65 + b"1" + b"}" * 65, "bad_json"),
    "100 000 deep": (b'{"a":' + b"[" * 100_000, "bad_json"),
    "an unknown key": (b'{"tex":"x"}', "invalid"),
    "a number for a text": (b'{"text":1}', "invalid"),
}


async def test_hostile_json_is_refused_with_a_sentence(admin: Admin):
    headers = {"X-CSRF-Token": admin.csrf, "Content-Type": "application/json"}
    for name, (raw, code) in HOSTILE.items():
        answer = await admin.client.post("/admin/api/definitions/check", data=raw, headers=headers)
        found = await answer.json()

        assert (answer.status, found["code"]) == (400 if code == "bad_json" else 422, code), name
        assert found["message"].endswith("。")
        assert set(found) == {"code", "message", "field", "hint", "request_id", "problems"}
        assert found["request_id"] == answer.headers["X-Request-Id"]


async def test_only_json_is_json(admin: Admin):
    for type_, status in (
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=gbk", 415),
        ("application/json; charset=UTF-8", 200),
    ):
        headers = {"X-CSRF-Token": admin.csrf, "Content-Type": type_}
        answer = await admin.client.post("/admin/api/definitions/check", data=b'{"text":""}', headers=headers)
        assert answer.status == status, type_


async def test_bodies_over_a_megabyte_are_refused(admin: Admin):
    headers = {"X-CSRF-Token": admin.csrf, "Content-Type": "application/json"}

    async def endless():
        for _ in range(40):
            yield b" " * 65536

    answer = await admin.client.post("/admin/api/definitions/check", data=endless(), headers=headers)

    assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


async def test_a_body_that_never_ends_is_given_up(admin: Admin, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connect.edge.jsonbody.DEADLINE", 0.05)
    server = admin.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    cookie = admin.client.session.cookie_jar.filter_cookies(URL(str(server.make_url("/"))))["zs_admin"].value
    writer.write(
        (
            f"POST /admin/api/definitions/check HTTP/1.1\r\nHost: x\r\nCookie: zs_admin={cookie}\r\n"
            f"X-CSRF-Token: {admin.csrf}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
        ).encode()
    )
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()

    assert b" 408 " in line


def test_what_the_reader_lets_through_is_exact():
    raw = '{"a":"多 行\\n\\t","b":86.50,"c":123456789012345678,"d":[true,null],"e":"😀"}'.encode()

    found = parse(raw)

    assert str(found["b"]) == "86.50"
    assert (found["a"], found["c"], found["d"], found["e"]) == (
        "多 行\n\t",
        123456789012345678,
        [True, None],
        "😀",
    )
    assert parse(b'{"a":' * 63 + b"{}" + b"}" * 63)


async def test_errors_have_one_form_everywhere(deps: Deps):
    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("secret detail")

    async def busy(_request: web.Request) -> web.Response:
        raise Busy("系统忙，请 10 秒后再试。")

    app = web.Application(middlewares=middlewares(deps))
    app.add_routes([web.get("/broken", broken), web.get("/busy", busy)])
    async with TestClient(TestServer(app)) as client:
        for path, method, status, code in (
            ("/broken", "GET", 500, "internal"),
            ("/busy", "GET", 503, "busy"),
            ("/nothing", "GET", 404, "not_found"),
            ("/broken", "POST", 405, "bad_method"),
        ):
            answer = await client.request(method, path)
            found = await answer.json()
            assert (answer.status, found["code"]) == (status, code)
            assert "secret" not in str(found)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (await client.get("/busy")).headers["Retry-After"] == "10"


async def test_every_answer_is_fenced_in(browser: Browser):
    own = (await browser.get("/admin/api/me")).headers
    page = (await browser.get("/h5/api/open/x")).headers

    assert "default-src 'self'" in own["Content-Security-Policy"]
    assert "unsafe-eval" not in own["Content-Security-Policy"]
    assert own["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert "https://login.dingtalk.com" in page["Content-Security-Policy"]
    assert own["Referrer-Policy"] == "no-referrer"
    assert own["Cache-Control"] == "no-store"


@pytest.fixture
async def pages(tmp_path: Path, deps: Deps):
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>admin</h1>")
    (folder / "assets" / "a-1.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    served = Pages(folder)
    app = web.Application(middlewares=middlewares(deps))
    app.add_routes(
        [
            web.get("/admin", served.admin),
            web.get("/h5/l/{handle}", served.mobile),
            web.get("/assets/{name:.+}", served.asset),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_pages_are_fresh_and_assets_are_for_ever(pages: TestClient):
    page, asset = await pages.get("/admin"), await pages.get("/assets/a-1.js")

    assert (await page.text(), page.headers["Cache-Control"]) == ("<h1>admin</h1>", "no-cache")
    assert "immutable" in asset.headers["Cache-Control"]
    assert "javascript" in asset.headers["Content-Type"]


OUTSIDE = [
    "/assets/../index.html",
    "/assets/..%2F..%2Fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/assets/link.txt",
    "/assets/%00",
    "/assets//etc/passwd",
    "/assets/nothing.js",
]


async def test_nothing_outside_the_folder_is_served(pages: TestClient):
    for path in OUTSIDE:
        answer = await pages.get(URL(path, encoded=True))
        assert answer.status == 404, path
        assert "secret" not in await answer.text()


async def test_a_page_that_is_not_built_says_what_to_do(pages: TestClient):
    answer = await pages.get("/h5/l/x")

    assert answer.status == 503
    assert "make web" in await answer.text()


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        ("", "1.2.3.4", "127.0.0.1"),
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.0/8, 10.0.0.0/8", "6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "not-an-address", "not-an-address"),
    ],
)
def test_the_address_behind_a_proxy(trusted: str, forwarded: str, expected: str):
    class Transport:
        def get_extra_info(self, name: str, default: object = None) -> object:
            return ("127.0.0.1", 5000) if name == "peername" else default

    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("GET", "/", headers=headers, transport=Transport())

    assert address(request, Settings(trusted_proxy=trusted)) == expected


def test_a_lock_doubles_and_is_forgotten_after_success():
    now = [0.0]
    throttle = Throttle(5, clock=lambda: now[0])

    locks = [throttle.failed("li") for _ in range(8)]

    assert locks == [0, 0, 0, 0, 60, 120, 240, 480]
    assert throttle.wait("li") == 480
    now[0] = 481
    assert throttle.wait("li") == 0
    throttle.succeeded("li")
    assert throttle.failed("li") == 0
    assert [throttle.failed("wang") for _ in range(40)][-1] == 3600


def test_a_bucket_fills_again():
    now = [0.0]
    buckets = Buckets(20, 20, clock=lambda: now[0])

    assert all(buckets.take("k").ok for _ in range(20))
    empty = buckets.take("k")
    assert (empty.ok, empty.left, buckets.take("other").ok) == (False, 0, True)
    now[0] = 0.06
    assert buckets.take("k").ok


def test_the_reader_is_usable_without_a_server():
    with pytest.raises(Refused, match="最外层"):
        parse(b"[]")
