"""SMS by a signed HTTP gateway: every company has another vendor, so we speak to one small address of its own.

    POST <ZHONGSHU_SMS_URL>  {"id", "phone", "text", "template", "check"}
    webhook-id, X-Zhongshu-Timestamp, X-Zhongshu-Signature (bot/net/signature.py, by the key ZHONGSHU_SMS_KEY)

2xx: taken. The same `id` comes again when an answer was lost. `check: true` asks for nothing to be sent: it only
tests address and key. What the gateway does with `template` and `text` is between it and the vendor.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.adapters.base import PlatformError
from bot.net.addresses import Allowed, Forbidden
from bot.net.client import Answered, Outbound, Unreached
from bot.net.signature import headers

AGAIN = (401, 403, 404, 408, 425, 429)
LONGEST = 500
PREFIX = "ZHONGSHU_SMS_"


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """One gateway; `template` is the vendor's id of an approved text, where it wants one."""

    url: str
    key: str = field(repr=False)
    template: str = ""

    @classmethod
    def from_settings(cls, settings: Any) -> SmsConfig | None:
        """None while no address is set: then SMS are off."""
        if not settings.sms_url:
            return None
        return cls(settings.sms_url, settings.sms_key.get_secret_value(), settings.sms_template)


class Sms:
    """Sends short messages. The address is the operator's own, so it may be inside the house."""

    def __init__(self, config: SmsConfig) -> None:
        self._config = config
        self._outbound = Outbound(Allowed().with_url(config.url))

    async def send(self, phone: str, text: str, key: str) -> None:
        """Raises PlatformError."""
        body = {"id": key, "phone": phone, "text": text[:LONGEST], "template": self._config.template}
        try:
            answer = await self._post(body, key)
        except Forbidden as error:
            raise PlatformError(str(error), code="address", permanent=True) from error
        except Unreached as error:
            raise PlatformError(f"短信网关：{error}", code="no_answer", ambiguous=error.arrived) from error
        if 200 <= answer.status < 300:
            return
        refused = 300 <= answer.status < 500 and answer.status not in AGAIN
        said = f"短信网关回答 {answer.status} {_reason(answer)}".strip()
        raise PlatformError(said, code=str(answer.status), permanent=refused, retry_after=answer.retry_after)

    async def check(self) -> Answered:
        """The gateway's answer to a request that sends nothing. Raises Forbidden, Unreached."""
        return await self._post({"id": "check", "check": True}, "check")

    async def _post(self, body: dict[str, Any], key: str) -> Answered:
        raw = json.dumps(body, ensure_ascii=False).encode()
        given = headers(self._config.key, key, int(time.time()), raw)
        return await self._outbound.send("POST", self._config.url, raw, given)

    async def close(self) -> None:
        """End connections."""
        await self._outbound.close()


def _reason(answer: Answered) -> str:
    return answer.body[:120].decode(errors="replace").replace("\n", " ")


class Finding(NamedTuple):
    """One tested setting."""

    name: str
    ok: bool
    message: str
    fix: str = ""


async def findings(settings: Any) -> list[Finding]:
    """What is wrong with the gateway's settings, the first thing first; nothing at all while SMS are off."""
    config = SmsConfig.from_settings(settings)
    if config is None:
        given = settings.sms_key.get_secret_value() or settings.sms_template
        fix = "填上短信网关的地址；不发短信就把其他 ZHONGSHU_SMS_ 设置去掉"
        return [Finding(f"{PREFIX}URL", False, "填了短信的其他设置，却没有填地址", fix)] if given else []
    if len(config.key) < 16:
        fix = "换成至少 16 个字符的随机密钥，两边一致"
        return [Finding(f"{PREFIX}KEY", False, "签名密钥没有填，或者太短", fix)]
    try:
        sms = Sms(config)
    except ValueError:
        return [Finding(f"{PREFIX}URL", False, f"「{config.url}」不是网址", "写成 https://主机/路径")]
    try:
        answer = await sms.check()
    except (Forbidden, Unreached) as error:
        return [Finding(f"{PREFIX}URL", False, f"短信网关：{error}", "核对地址，网关是否启动、网络是否可达")]
    finally:
        await sms.close()
    return [_judged(config, answer)]


def _judged(config: SmsConfig, answer: Answered) -> Finding:
    if 200 <= answer.status < 300:
        return Finding("短信", True, "短信网关可以访问，签名正确")
    if answer.status in (401, 403):
        fix = "两边填同一个密钥；签名算法见 docs/settings.md"
        return Finding(f"{PREFIX}KEY", False, f"短信网关不认签名（{answer.status} {_reason(answer)}）", fix)
    if answer.status == 404:
        return Finding(f"{PREFIX}URL", False, "短信网关上没有这个路径（404）", "核对地址里的路径")
    if answer.status in (400, 422):
        fix = "核对模板编号，以及网关是否支持 check 请求（docs/settings.md）"
        return Finding(
            f"{PREFIX}TEMPLATE", False, f"短信网关不认请求（{answer.status} {_reason(answer)}）", fix
        )
    return Finding(f"{PREFIX}URL", False, f"短信网关回答 {answer.status} {_reason(answer)}", "查看网关的日志")
