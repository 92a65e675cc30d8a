"""`zhongshu doctor`: each precondition in turn, named by its setting, with the way to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from bot.adapters.dingtalk import DingTalk
from bot.adapters.mail_doctor import findings as mail_findings
from bot.adapters.sms import findings as sms_findings
from bot.adapters.wecom import WeCom
from bot.app import adapters_of, allowed_of, open_store
from core.errors import Misconfigured
from core.keys import Keys
from core.settings import Settings


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str
    fix: str


# Why the last callback was refused → the setting that is wrong (facts of the wire: signature = token,
# decryption = AES key, receiver = corp id).
REFUSALS = {
    "signature": ("ZHONGSHU_WECOM_TOKEN", "与企业微信后台「接收消息」里的 Token 不一致"),
    "decrypt": ("ZHONGSHU_WECOM_AES_KEY", "与企业微信后台「接收消息」里的 EncodingAESKey 不一致"),
    "receiver": ("ZHONGSHU_WECOM_CORP_ID", "不是发来消息的那家企业的 CorpID"),
}


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """All findings, in the order in which they should be mended."""
    yield _database(settings)
    yield _key(settings)
    yield _address(settings)
    async with aiohttp.ClientSession(trust_env=False) as http:
        adapters = adapters_of(settings, http)
        if not adapters:
            fix = "设置 ZHONGSHU_DINGTALK_CLIENT_ID 或 ZHONGSHU_WECOM_CORP_ID（见 README）"
            yield Finding("聊天平台", False, "还没有启用钉钉或企业微信", fix)
        for adapter in adapters.values():
            if isinstance(adapter, DingTalk):
                async for one in adapter.check():
                    yield Finding(one.name, one.ok, one.message, one.fix)
            elif isinstance(adapter, WeCom):
                for found in await adapter.check():
                    yield Finding(found.name, found.ok, found.message, found.fix)
        for more in (*await mail_findings(settings), *await sms_findings(settings), *_outward(settings)):
            yield Finding(*more)
        async for said in _running_server(settings, http):
            yield said


def _outward(settings: Settings) -> list[Finding]:
    """The list of internal systems can be read; said only when there is one."""
    try:
        allowed_of(settings)
    except Misconfigured as error:
        fix = "写成 erp.local, erp.local:8080 或 10.1.0.0/16，用逗号隔开"
        return [Finding("ZHONGSHU_OUTWARD_ALLOW", False, str(error), fix)]
    if not settings.outward_allow:
        return []
    return [
        Finding("ZHONGSHU_OUTWARD_ALLOW", True, f"规则和流程可以调用内部系统 {settings.outward_allow}", "")
    ]


def _database(settings: Settings) -> Finding:
    name = "ZHONGSHU_DATABASE_URL"
    try:
        store = open_store(settings, writable=False)
        store.ping()
        store.close()
    except Misconfigured as error:
        return Finding(name, False, str(error), "按提示修改后重试")
    except Exception as error:  # noqa: BLE001  whatever the driver says is what the operator must read
        if settings.database_url.startswith("sqlite"):
            return Finding(name, True, "还没有数据库，首次启动时会自动建立", "")
        fix = "检查地址、用户名、密码，以及数据库是否启动、网络是否可达"
        return Finding(name, False, f"连不上数据库：{str(error).splitlines()[0][:160]}", fix)
    return Finding(name, True, "数据库可以访问", "")


def _key(settings: Settings) -> Finding:
    name = "ZHONGSHU_MASTER_KEY_FILE"
    try:
        Keys.load(settings.master_key_file)
    except (Misconfigured, OSError) as error:
        return Finding(name, False, str(error), "换回原来的密钥文件；若从未用过，删掉它会重新生成")
    return Finding(name, True, "主密钥可用", "")


def _address(settings: Settings) -> Finding:
    name = "ZHONGSHU_PUBLIC_URL"
    host = settings.address[0]
    parts = urlsplit(settings.base_url)
    public = host not in ("127.0.0.1", "localhost", "::1")
    if public and parts.scheme != "https" and not settings.trusted_proxy:
        fix = "放到 HTTPS 反向代理后面并设置 ZHONGSHU_TRUSTED_PROXY，或把 ZHONGSHU_PUBLIC_URL 设成 https://…"
        return Finding(name, False, f"监听在 {settings.listen}，但地址 {settings.base_url} 不是 https", fix)
    if not parts.hostname:
        return Finding(name, False, f"「{settings.base_url}」不是网址", "写成 https://域名")
    return Finding(name, True, f"员工通过 {settings.base_url} 打开页面", "")


async def _running_server(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    """What a running server has met: a refused callback names the setting that is wrong."""
    try:
        timeout = aiohttp.ClientTimeout(total=5)
        async with http.get(f"http://{settings.listen}/readyz", timeout=timeout) as response:
            body = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        yield Finding(
            "服务", True, f"没有在 {settings.listen} 运行（启动后再查一次，可以核对企业微信回调）", ""
        )
        return
    yield Finding("服务", bool(body.get("ok")), f"正在 {settings.listen} 运行", "查看日志里的 not_ready")
    refusal = body.get("platforms", {}).get("wecom", {}).get("last_refusal", "")
    if refusal in REFUSALS:
        name, why = REFUSALS[refusal]
        fix = "从企业微信后台「应用管理 → 接收消息 → 设置」复制正确的值，重启后在后台再保存一次"
        yield Finding(name, False, f"最近一次回调被拒绝：{why}", fix)
    elif refusal:
        fix = "检查服务器时间是否准确，以及反向代理是否改动了请求"
        yield Finding("企业微信回调", False, f"最近一次回调被拒绝（{refusal}）", fix)
