"""The way from WeCom to the app: URL verification, encrypted pushes with retries, passive replies; and
attacks for tests.
"""

import asyncio
import secrets
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from sandbox import wecom_xml
from sandbox.cloud import Cloud
from sandbox.people import Platform
from sandbox.wecom_crypto import Crypto, CryptoError
from sandbox.wire import Exchange

DELIVERIES = 4
W = Platform.WECOM


@dataclass(frozen=True)
class Push:
    """How a push ended; `reply` is the decrypted passive reply, None when there was none."""

    taken: bool
    attempts: int
    ms: int
    reply: ET.Element | None = None


class Callback:
    def __init__(self, cloud: Cloud, url: str | None) -> None:
        app = cloud.company.wecom
        self._cloud = cloud
        self.url = url
        self.crypto = Crypto(app.token, app.aes_key, app.corp_id)
        self._http: aiohttp.ClientSession | None = None
        self._last: tuple[dict[str, str], str] | None = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession()
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    def envelope(self, xml: str) -> tuple[dict[str, str], str]:
        """Query and body of one push, with fresh timestamp, nonce and cipher."""
        app = self._cloud.company.wecom
        encrypted = self.crypto.encrypt(xml)
        query = self._signed(encrypted)
        fields = {"ToUserName": app.corp_id, "Encrypt": encrypted, "AgentID": str(app.agent_id)}
        return query, wecom_xml.element("xml", fields)

    def _signed(self, encrypted: str) -> dict[str, str]:
        # the receiver judges freshness by real time, however far the sandbox clock was moved
        timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        return {
            "msg_signature": self.crypto.sign(timestamp, nonce, encrypted),
            "timestamp": timestamp,
            "nonce": nonce,
        }

    def _record(self, method: str, what: str) -> Exchange:
        now = self._cloud.clock.now()
        return self._cloud.wire.begin(now, W, "from_cloud", what, channel="callback", method=method)

    async def push(self, xml: str, what: str) -> Push:
        """Post until HTTP 200, 4 times at most, 5 s each, each attempt 5 s after the one before. Not
        delivered at all while the
        platform is down.
        """
        started = time.perf_counter()
        faults = self._cloud.faults[W]
        if self.url is None or faults.down:
            return Push(False, 0, 0)
        if faults.slow_push_ms:
            await asyncio.sleep(faults.slow_push_ms / 1000)
        if self._cloud.dice.falls(faults.duplicate_rate):
            self._cloud.spawn(self._attempt(xml, what, 1))
        for attempt in range(1, DELIVERIES + 1):
            slot = self._cloud.spawn(self._cloud.clock.sleep(faults.callback_seconds))
            body = await self._attempt(xml, what, attempt)
            if body is not None:
                slot.cancel()
                ms = round((time.perf_counter() - started) * 1000)
                return Push(True, attempt, ms, body if len(body) else None)
            await asyncio.wait({slot})
        return Push(False, DELIVERIES, round((time.perf_counter() - started) * 1000))

    async def _attempt(self, xml: str, what: str, attempt: int) -> ET.Element | None:
        """One POST: None when it must be repeated, else the decrypted reply (an empty element when there
        is none).
        """
        query, body = self.envelope(xml)
        self._last = (query, body)
        record = self._record("POST", what)
        record.request, record.xml, record.attempt = {"query": query, "body": body}, xml, attempt
        self._cloud.counters[W].callbacks += 1
        status, text = await self._post(query, body, record)
        try:
            return self._reply_of(text, record) if status == 200 else None
        finally:
            self._cloud.wire.done(record)

    async def _post(self, query: dict[str, str], body: str, record: Exchange) -> tuple[int, str]:
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=self._cloud.faults[W].callback_seconds)
        try:
            headers = {"Content-Type": "text/xml"}
            async with self._session().post(
                f"{self.url}?{urlencode(query)}", data=body.encode(), headers=headers, timeout=timeout
            ) as response:
                record.status, record.response = response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as mistake:
            record.warnings.append(f"没有应答:{type(mistake).__name__}")
        record.ms = round((time.perf_counter() - started) * 1000, 1)
        return record.status, str(record.response or "")

    def _reply_of(self, text: str, record: Exchange) -> ET.Element:
        """The decrypted passive reply; a broken one is dropped as WeCom does, with a warning."""
        nothing = ET.Element("xml")
        if not text.strip():
            return nothing
        try:
            outer = wecom_xml.parse(text)
            encrypted = outer.findtext("Encrypt") or ""
            signature = self.crypto.sign(
                outer.findtext("TimeStamp") or "", outer.findtext("Nonce") or "", encrypted
            )
            record.reply_xml = self.crypto.decrypt(encrypted)
            if signature != outer.findtext("MsgSignature"):
                record.warnings.append("被动回复签名不对,已丢弃")
                return nothing
            return wecom_xml.parse(record.reply_xml)
        except (ValueError, CryptoError) as mistake:
            record.warnings.append(f"被动回复无效,已丢弃:{mistake}")
            return nothing

    async def verify(self) -> str:
        """The console's check when the URL is saved; "" when it passes, else what went wrong."""
        if self.url is None:
            return "没有配置回调地址"
        plain = str(secrets.randbelow(10**19))
        echo = self.crypto.encrypt(plain)
        query = self._signed(echo) | {"echostr": echo}
        record = self._record("GET", "echostr")
        record.request = {"query": query}
        try:
            timeout = aiohttp.ClientTimeout(total=1)
            async with self._session().get(f"{self.url}?{urlencode(query)}", timeout=timeout) as response:
                record.status, record.response = (
                    response.status,
                    (await response.read()).decode(errors="replace"),
                )
        except (aiohttp.ClientError, TimeoutError) as mistake:
            record.warnings.append(f"没有应答:{type(mistake).__name__}")
        self._cloud.wire.done(record)
        good = record.status == 200 and record.response == plain
        return "" if good else "openapi回调地址请求不通过"

    async def attack(self, kind: str, xml: str) -> int | None:
        """One bad push; the app's HTTP status (0: no answer), None for an unknown kind."""
        made = self._bad_push(kind, xml)
        if made is None:
            return None
        query, body = made
        record = self._record("POST", f"attack {kind}")
        record.request = {"query": query, "body": body}
        status, _ = await self._post(query, body, record)
        self._cloud.wire.done(record)
        return status

    def _bad_push(self, kind: str, xml: str) -> tuple[dict[str, str], str] | None:
        query, body = self.envelope(xml)
        app = self._cloud.company.wecom
        foreign = Crypto(app.token, app.aes_key, "wwforeign0001").encrypt(xml)
        stale = str(int(time.time()) - 86400)
        encrypted = wecom_xml.parse(body).findtext("Encrypt") or ""
        old = {"timestamp": stale, "nonce": "1", "msg_signature": self.crypto.sign(stale, "1", encrypted)}
        broken = encrypted[:60] + ("A" if encrypted[60] != "A" else "B") + encrypted[61:]
        return {
            "bad_signature": (query | {"msg_signature": "0" * 40}, body),
            "modified_cipher": (self._signed(broken), body.replace(encrypted, broken)),
            "foreign_corp": (self._signed(foreign), body.replace(encrypted, foreign)),
            "missing_parameters": ({"timestamp": query["timestamp"]}, body),
            "plaintext": (query, xml),
            "replay": self._last or (query, body),
            "stale_timestamp": (old, body),
        }.get(kind)
