"""The doctor's questions to DingTalk: each setting in turn, and what to do about a wrong one."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.adapters.base import PlatformError
from bot.adapters.dingtalk_api import NOBODY, Api
from bot.adapters.dingtalk_http import Client

PREFIX = "ZHONGSHU_DINGTALK_"
UNHEARD = {"unreachable", "no_answer"}
CONSOLE = "open-dev.dingtalk.com → 应用开发 → 您的应用"


@dataclass(frozen=True, slots=True)
class Finding:
    """One tested setting: its environment name, whether it is right, what was seen, what to do."""

    name: str
    ok: bool
    message: str
    fix: str = ""


class Configured(Protocol):
    """The settings under test, as `DingTalkConfig` has them."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def robot_code(self) -> str: ...
    @property
    def corp_id(self) -> str: ...
    @property
    def form_template(self) -> str: ...
    @property
    def task_template(self) -> str: ...


async def examine(
    config: Configured, client: Client, api: Api, open_ticket: Callable[[], Awaitable[str]]
) -> AsyncIterator[Finding]:
    """Findings in the order in which one depends on the other; stops at wrong credentials."""
    credentials = await _credentials(config, client)
    yield credentials
    if not credentials.ok:
        return
    yield await _corp(config, client)
    yield await _robot(api)
    yield await _template(api, "FORM_TEMPLATE", config.form_template, "form.json")
    yield await _template(api, "TASK_TEMPLATE", config.task_template, "task.json")
    yield await _old_host(client)
    yield await _gateway(open_ticket)


async def _credentials(config: Configured, client: Client) -> Finding:
    body = {"appKey": config.client_id, "appSecret": config.client_secret}
    try:
        await client.open("POST", "/v1.0/oauth2/accessToken", body)
    except PlatformError as failed:
        if failed.code != "invalidClientIdOrSecret":
            return _unreachable(failed)
        return _refused(config)
    return Finding(PREFIX + "CLIENT_ID", True, "应用凭证有效")


def _refused(config: Configured) -> Finding:
    """DingTalk does not say which of the two is wrong; the robot code, equal to the id, tells them apart."""
    if config.robot_code != config.client_id:
        fix = f"它应与 {PREFIX}ROBOT_CODE 相同（应用机器人），在 {CONSOLE} → 凭证与基础信息 复制 Client ID"
        return Finding(PREFIX + "CLIENT_ID", False, "钉钉不认识这个 Client ID 或密钥", fix)
    fix = f"在 {CONSOLE} → 凭证与基础信息 重新复制 Client Secret（Client ID 也请核对）"
    return Finding(PREFIX + "CLIENT_SECRET", False, "Client Secret 与 Client ID 不匹配", fix)


async def _corp(config: Configured, client: Client) -> Finding:
    name = PREFIX + "CORP_ID"
    fix = "在 open-dev.dingtalk.com 首页右上角复制 CorpId（以 ding 开头）"
    if not config.corp_id:
        return Finding(name, False, "没有设置组织编号", fix)
    body = {
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "grant_type": "client_credentials",
    }
    try:
        await client.open("POST", f"/v1.0/oauth2/{config.corp_id}/token", body)
    except PlatformError as failed:
        if failed.code in UNHEARD:
            return _unreachable(failed)
        return Finding(name, False, f"应用不属于这个组织：{failed}", fix)
    return Finding(name, True, "组织编号有效")


async def _robot(api: Api) -> Finding:
    """A message to nobody: with a right robot code the platform complains about the receiver only."""
    name = PREFIX + "ROBOT_CODE"
    try:
        await api.say(NOBODY, "sampleText", {"content": "doctor"})
    except PlatformError as failed:
        if failed.code in UNHEARD:
            return _unreachable(failed)
        if failed.code == "invalidStaffId" or "staff" in failed.code or "user" in failed.code:
            return Finding(name, True, "机器人可以发消息")
        if "robotCode" in failed.code or "chatbotId" in failed.code:
            fix = f"应用自带机器人的编号就是 Client ID；在 {CONSOLE} → 机器人 核对，并确认已发布"
            return Finding(name, False, f"机器人编号不对：{failed}", fix)
        fix = f"在 {CONSOLE} → 权限管理 开通「企业内机器人发送消息」"
        return Finding(name, False, f"机器人不能发消息：{failed}", fix)
    return Finding(name, True, "机器人可以发消息")


async def _template(api: Api, setting: str, template: str, file: str) -> Finding:
    name = PREFIX + setting
    fix = (
        f"在 open-dev.dingtalk.com/fe/card 导入 bot/adapters/templates/{file}，关联本应用并发布，填入模板 ID"
    )
    if not template:
        return Finding(name, False, "没有设置卡片模板", fix)
    try:
        await api.try_template(f"doctor-{secrets.token_hex(8)}", template)
    except PlatformError as failed:
        if failed.code in UNHEARD:
            return _unreachable(failed)
        if failed.code == "param.templateUnpublished":
            return Finding(name, False, "模板还没有发布", "在卡片平台打开该模板，点「发布」")
        if failed.code == "param.templateNotExist":
            return Finding(name, False, f"没有这个模板：{template}", fix)
        permission = f"在 {CONSOLE} → 权限管理 开通 Card.Instance.Write"
        return Finding(name, False, f"不能用这个模板：{failed}", permission)
    return Finding(name, True, "卡片模板可用")


async def _old_host(client: Client) -> Finding:
    name = PREFIX + "OAPI_BASE"
    try:
        await client.try_old()
    except PlatformError as failed:
        fix = "检查网络、代理与该地址（默认 https://oapi.dingtalk.com）"
        return Finding(name, False, f"发图片、免登要用的旧接口没有正常应答：{failed}", fix)
    return Finding(name, True, "旧接口可用")


async def _gateway(open_ticket: Callable[[], Awaitable[str]]) -> Finding:
    name = PREFIX + "API_BASE"
    try:
        await open_ticket()
    except PlatformError as failed:
        fix = (
            "在应用的「事件与回调」中选择 Stream 模式；确认本机能访问 api.dingtalk.com 与 *.dingtalk.com:443"
        )
        return Finding(name, False, f"Stream 连接打不开：{failed}", fix)
    return Finding(name, True, "Stream 连接可以打开")


def _unreachable(failed: PlatformError) -> Finding:
    fix = "检查网络、代理与该地址（默认 https://api.dingtalk.com）"
    return Finding(PREFIX + "API_BASE", False, f"钉钉接口没有正常应答：{failed}", fix)
