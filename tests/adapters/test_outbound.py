"""Calls to other systems: which addresses, the signature, and what the client does not do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from bot.net.addresses import Allowed, Forbidden, check_url
from bot.net.client import LARGEST_ANSWER, Outbound, Unreached
from bot.net.signature import headers
from connect.hooks import signature

SEEN = web.AppKey("seen", list[str])
LISTED = Allowed.read("erp.local, 10.1.0.0/16, 127.0.0.1:9000， [fd00::1]:8080")


class Names(AbstractResolver):
    """Answers with one address after the other, as a rebinding name server does."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kinds = {one: socket.AF_INET6 if ":" in one else socket.AF_INET for one in found}
        return [
            {"hostname": host, "host": one, "port": port, "family": kinds[one], "proto": 0, "flags": 0}
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "http://127.0.0.1:9001/",
        "https://10.2.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "http://example.com/",
        "https://example.com:22/",
        "https://user:word@example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///nothing",
    ],
)
def test_an_address_that_is_not_called(url: str):
    """内网、本机、元数据、保留地址，公网的非 https、怪端口、带密码的地址：都不调用，并说出原因。"""
    with pytest.raises(Forbidden) as refused:
        check_url(url, LISTED)
    assert len(str(refused.value)) > 8


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "https://example.com:8443/hook",
        "https://93.184.216.34/",
        "http://erp.local/x",
        "http://ERP.local:8080/x",
        "http://10.1.2.3:81/x",
        "http://127.0.0.1:9000/x",
        "http://[fd00::1]:8080/x",
    ],
)
def test_an_address_that_may_be_called(url: str):
    """公网 https，以及名单里的内部系统。"""
    check_url(url, LISTED)


@pytest.mark.parametrize("text", ["erp local", "10.0.0.0/99", "erp.local:http", "a/b"])
def test_a_list_that_cannot_be_read(text: str):
    """名单写错：说出是哪一项。"""
    with pytest.raises(ValueError, match=text):
        Allowed.read(f"ok.local, {text}")


@pytest.mark.parametrize(
    "answers", [("127.0.0.1",), ("93.184.216.34", "10.0.0.5"), ("::1",), ("169.254.169.254",)]
)
async def test_a_name_that_leads_inside_is_not_called(answers: tuple[str, ...]):
    """域名解析到内网（哪怕只有一个地址是）：不连接。"""
    outbound = Outbound(Allowed.read("10.1.0.0/16"), Names(answers))
    with pytest.raises(Forbidden, match=r"ZHONGSHU_OUTWARD_ALLOW|元数据"):
        await outbound.send("POST", "https://partner.example/x", b"{}", {})
    await outbound.close()


async def test_a_rebound_name_is_looked_at_again_for_each_call():
    """第一次解析到公网，第二次换成本机：第二次不会连上；每次调用只解析一次，连的就是看过的地址。"""
    names = Names(("203.0.113.7",), ("127.0.0.1",))
    outbound = Outbound(Allowed.read("203.0.113.0/24"), names)
    with pytest.raises(Unreached):
        await outbound.send("POST", "https://partner.example/x", b"{}", {})
    assert names.asked == 1
    with pytest.raises(Forbidden):
        await outbound.send("POST", "https://partner.example/x", b"{}", {})
    assert names.asked == 2
    await outbound.close()


async def test_metadata_needs_an_entry_of_its_own():
    """名单里写了主机名也不能借它去元数据地址；单独列出才行。"""
    outbound = Outbound(Allowed.read("erp.local"), Names(("169.254.169.254",)))
    with pytest.raises(Forbidden, match="元数据"):
        await outbound.send("POST", "http://erp.local/x", b"{}", {})
    await outbound.close()
    check_url("http://169.254.169.254/x", Allowed.read("169.254.169.254"))


@pytest_asyncio.fixture
async def erp() -> AsyncIterator[TestServer]:
    """Another system with a redirect and a very long answer."""
    seen: list[str] = []

    async def away(_request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/secret")

    async def secret(_request: web.Request) -> web.Response:
        seen.append("secret")
        return web.Response()

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Retry-After": "7"})
        await response.prepare(request)
        try:
            for _ in range(1000):
                await response.write(b"x" * 65536)
        except ConnectionError:
            seen.append("cut")
        return response

    app = web.Application()
    app.add_routes([web.post("/away", away), web.post("/secret", secret), web.post("/flood", flood)])
    app[SEEN] = seen
    async with TestServer(app) as server:
        yield server


async def test_redirects_are_not_followed_and_long_answers_are_cut(erp: TestServer):
    """对方让我们跳转：不跟；回答再长也只读 64 KiB。"""
    outbound = Outbound(Allowed.read("127.0.0.1"))
    away = await outbound.send("POST", str(erp.make_url("/away")), b"{}", {})
    flood = await outbound.send("POST", str(erp.make_url("/flood")), b"{}", {})
    await outbound.close()
    assert away.status == 307
    assert "secret" not in erp.app[SEEN]
    assert len(flood.body) == LARGEST_ANSWER
    assert flood.retry_after == 7


def test_the_signature_is_that_of_incoming_calls_and_of_the_webhook_standard():
    """两种签名头都对得上；同一编号、同一内容、不同时刻，编号不变、签名变。"""
    body = '{"金额":"12.5"}'.encode()
    one, two = headers("ab" * 32, "01id", 1764000000, body), headers("ab" * 32, "01id", 1764000060, body)
    assert one["X-Zhongshu-Signature"] == signature("ab" * 32, "1764000000", body)
    mac = hmac.new(b"ab" * 32, b"01id.1764000000." + body, hashlib.sha256).digest()
    assert one["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert one["webhook-id"] == two["webhook-id"] == "01id"
    assert one["X-Zhongshu-Signature"] != two["X-Zhongshu-Signature"]
