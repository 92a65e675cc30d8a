"""`zhongshu doctor` against the clouds: each setting wrong in turn is named, with what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from pydantic import SecretStr

from bot.app import open_store
from bot.doctor import Finding, examine
from core.keys import Keys
from core.settings import Settings
from tests.wire.house import Box, House, connected, product_on, sandbox_alone, serve, settings_at

OTHER_AES_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"


@pytest_asyncio.fixture
async def clouds(tmp_path: Path) -> AsyncIterator[tuple[Settings, Box]]:
    """Clouds, and right settings for a product that does not run; its database is there already."""
    async with sandbox_alone() as (sandbox, product, box):
        settings = settings_at(f"sqlite:///{tmp_path / 'zhongshu.db'}", tmp_path, product, sandbox)
        store = await asyncio.to_thread(open_store, settings)
        await asyncio.to_thread(store.close)
        yield settings, box


async def findings(settings: Settings, **wrong: Any) -> list[Finding]:
    """What the doctor says with some settings changed."""
    changed = {
        name: SecretStr(value) if isinstance(getattr(settings, name), SecretStr) else value
        for name, value in wrong.items()
    }
    return [one async for one in examine(settings.model_copy(update=changed))]


def bad(found: list[Finding]) -> list[Finding]:
    """The complaints."""
    return [one for one in found if not one.ok]


async def test_right_settings_have_no_complaint(clouds: tuple[Settings, Box]):
    """全部设对：没有一项报错，每一项都说了看到什么；检查时没有打扰任何人。"""
    settings, box = clouds
    found = await findings(settings)
    assert not bad(found)
    assert all(one.message for one in found)
    assert len(found) >= 12
    counters = await box.get("counters")
    assert not any(counters[one][kind] for one in counters for kind in ("messages", "cards"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dingtalk_client_id", "dingwrong0001"),
        ("dingtalk_client_secret", "wrong"),
        ("dingtalk_robot_code", "dingwrong0001"),
        ("dingtalk_corp_id", "dingcorpwrong"),
        ("dingtalk_form_template", "wrong-form.schema"),
        ("dingtalk_task_template", "wrong-task.schema"),
        ("dingtalk_corp_id", ""),
        ("dingtalk_form_template", ""),
        ("wecom_corp_id", "wwwrong0001"),
        ("wecom_secret", "wrong"),
        ("wecom_agent_id", 1000099),
        ("wecom_token", "not a token!"),
        ("wecom_aes_key", "short"),
        ("sms_url", "http://127.0.0.1:1/sms/send"),
        ("sms_url", ""),
        ("sms_key", "another-key-than-theirs"),
        ("sms_key", "short"),
        ("mail_password", "wrong"),
        ("mail_user", "somebody"),
        ("mail_host", ""),
        ("mail_port", 1),
        ("outward_allow", "erp local"),
    ],
)
async def test_a_wrong_setting_is_named_with_its_fix(
    clouds: tuple[Settings, Box], setting: str, value: str | int
):
    """设置逐项改错：报错的那一项点名是哪个设置、怎么改，其余不误报。"""
    settings, _ = clouds
    complaints = bad(await findings(settings, **{setting: value}))
    assert len(complaints) == 1, complaints
    one = complaints[0]
    assert f"ZHONGSHU_{setting.upper()}" in f"{one.name} {one.message} {one.fix}"
    assert one.fix
    assert all(secret not in str(complaints) for secret in secrets_of(settings))


def secrets_of(settings: Settings) -> list[str]:
    """What must never be shown."""
    found = [getattr(settings, name) for name in type(settings).model_fields]
    return [one.get_secret_value() for one in found if isinstance(one, SecretStr) and len(one) > 6]


@pytest.mark.parametrize("setting", ["dingtalk_api_base", "dingtalk_oapi_base", "wecom_api_base"])
async def test_an_address_where_nobody_answers(clouds: tuple[Settings, Box], setting: str):
    """接口地址不通：说出是哪个地址。"""
    settings, _ = clouds
    complaints = bad(await findings(settings, **{setting: f"http://127.0.0.1:{unused_port()}"}))
    assert complaints
    assert (
        f"ZHONGSHU_{setting.upper()}" in f"{complaints[0].name} {complaints[0].message} {complaints[0].fix}"
    )
    assert complaints[0].fix


async def test_an_address_where_something_else_answers(clouds: tuple[Settings, Box]):
    """接口地址填成了别的网站（返回网页）：当成地址不对，不当成密钥不对。"""
    settings, _ = clouds

    async def page(_request: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.Response(text="<html>welcome</html>", content_type="text/html")

    app = aiohttp.web.Application()
    app.router.add_route("*", "/{tail:.*}", page)
    port = unused_port()
    runner = await serve(app, port)
    try:
        for setting in ("dingtalk_api_base", "wecom_api_base"):
            complaints = bad(await findings(settings, **{setting: f"http://127.0.0.1:{port}"}))
            text = f"{complaints[0].name} {complaints[0].message} {complaints[0].fix}"
            assert f"ZHONGSHU_{setting.upper()}" in text
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "url",
    ["mysql://root@127.0.0.1/x", "postgresql://nobody:secret@127.0.0.1:1/none?connect_timeout=2", "nonsense"],
)
async def test_a_database_that_cannot_be_opened(clouds: tuple[Settings, Box], url: str):
    """数据库地址不对：点名 ZHONGSHU_DATABASE_URL，不带出密码。"""
    settings, _ = clouds
    complaints = bad(await findings(settings, database_url=url))
    assert [one.name for one in complaints] == ["ZHONGSHU_DATABASE_URL"]
    assert complaints[0].fix
    assert "secret" not in complaints[0].message


async def test_a_master_key_that_others_can_read(clouds: tuple[Settings, Box]):
    """主密钥别人也能读：点名并给出 chmod。"""
    settings, _ = clouds
    Keys.load(settings.master_key_file)
    settings.master_key_file.chmod(0o644)
    complaints = bad(await findings(settings))
    assert [one.name for one in complaints] == ["ZHONGSHU_MASTER_KEY_FILE"]
    assert "chmod 600" in complaints[0].message + complaints[0].fix


async def test_no_platform_at_all(clouds: tuple[Settings, Box]):
    """一个平台都没有启用：说要设置什么。"""
    settings, _ = clouds
    complaints = bad(await findings(settings, dingtalk_client_id="", wecom_corp_id=""))
    assert "ZHONGSHU_DINGTALK_CLIENT_ID" in complaints[0].fix


@pytest.mark.parametrize(
    ("setting", "value"),
    [("wecom_token", "anothertoken"), ("wecom_aes_key", OTHER_AES_KEY), ("wecom_corp_id", "wwother0001")],
)
async def test_callback_settings_are_found_out_through_the_running_server(
    clouds: tuple[Settings, Box], tmp_path: Path, setting: str, value: str
):
    """回调的 Token、AESKey、CorpID 看着对、其实不是这家的：后台点保存失败，doctor 通过 /readyz 说出是哪一个。"""
    settings, box = clouds
    kept = SecretStr(value) if setting != "wecom_corp_id" else value
    wrong = settings.model_copy(update={setting: kept, "dingtalk_client_id": ""})
    async with product_on(wrong, box, tmp_path):
        saved = await box.post("verify")
        assert not saved["ok"]
        complaints = bad(await findings(wrong))
    named = [one for one in complaints if one.name == f"ZHONGSHU_{setting.upper()}"]
    assert named, complaints
    assert named[0].fix


async def test_saving_in_the_console_works_with_right_settings(cottage: House):
    """设置都对：后台点保存通过，doctor 看到服务正在运行。"""
    await connected(cottage)
    assert (await cottage.box.post("verify"))["ok"]
    found = await findings(cottage.parts.settings)
    assert not bad(found)
    assert any("正在" in one.message and "运行" in one.message for one in found)
