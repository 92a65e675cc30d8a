"""Is WeCom set up right? Each finding names the setting that is wrong and what to do, for `doctor`."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.adapters.base import PlatformError
from bot.adapters.wecom_api import WeComApi, WeComConfig
from bot.adapters.wecom_crypto import REFUSALS, Cipher, Signed, encrypted_of

NOBODY = "zhongshu_doctor_nobody"  # a member that does not exist: the app is asked, nobody is bothered
REACHED_NOBODY = "81013"
SAVE = "在企业微信后台的应用里重新保存一次“接收消息”设置，即可当场验证 Token 与 EncodingAESKey。"

_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")


class Finding(NamedTuple):
    """One checked thing; `fix` is empty when it is right."""

    name: str
    ok: bool
    message: str
    fix: str = ""


def cipher_of(config: WeComConfig) -> Cipher | None:
    """None when token, key or corp id cannot be right: sending still works then, callbacks do not."""
    try:
        return Cipher(config.token, config.aes_key, config.corp_id)
    except ValueError:
        return None


async def findings(config: WeComConfig, api: WeComApi, last_refusal: str) -> list[Finding]:
    """In the order in which an operator should mend them."""
    entered = await _secret(api)
    found = [entered]
    if entered.ok:
        found.append(await _agent(api, config))
    found += [_token(config), _aes_key(config)]
    if last_refusal in REFUSALS:  # any other reason is a stranger's request
        found.append(Finding("企业微信回调", False, "最近一次回调被拒绝", REFUSALS[last_refusal]))
    return found


async def _secret(api: WeComApi) -> Finding:
    name = "企业微信 CorpID 与 Secret"
    try:
        await api.token()
    except PlatformError as error:
        fix = "请按提示修改设置。" if error.permanent else "请检查服务器能否访问 ZHONGSHU_WECOM_API_BASE。"
        return Finding(name, False, str(error), fix)
    return Finding(name, True, "已取得 access_token")


async def _agent(api: WeComApi, config: WeComConfig) -> Finding:
    """Sends to a member who does not exist: "nobody reached" says that app, secret and address are right."""
    name = "企业微信 AgentId"
    body = {
        "touser": NOBODY,
        "msgtype": "text",
        "agentid": config.agent_id,
        "text": {"content": "中枢 自检"},
    }
    try:
        await api.call("message/send", body)
    except PlatformError as error:
        if error.code != REACHED_NOBODY:
            return Finding(name, False, str(error), "请在企业微信后台核对应用的 AgentId 与设置。")
    return Finding(name, True, f"应用 {config.agent_id} 可以发送消息")


def _token(config: WeComConfig) -> Finding:
    name = "企业微信 Token"
    if not _TOKEN.fullmatch(config.token):
        return Finding(name, False, "Token 应为不超过 32 位的字母和数字", "请核对 ZHONGSHU_WECOM_TOKEN。")
    return Finding(name, True, f"格式正确。{SAVE}")


def _aes_key(config: WeComConfig) -> Finding:
    name = "企业微信 EncodingAESKey"
    cipher = cipher_of(config)
    if cipher is None or not _round_trip(cipher):
        message = "EncodingAESKey 应为 43 位字母和数字"
        return Finding(name, False, message, "请核对 ZHONGSHU_WECOM_AES_KEY，勿带空格和等号。")
    return Finding(name, True, f"加解密自检通过。{SAVE}")


def _round_trip(cipher: Cipher) -> bool:
    encrypted = encrypted_of(cipher.seal("自检", timestamp="1700000000", nonce="1", salt=bytes(16)).encode())
    signed = Signed(cipher.signature("1700000000", "1", encrypted), "1700000000", "1")
    return cipher.open(encrypted, signed, 1700000000) == "自检"
