"""Sending, updating, tokens and both error families, against scripted answers."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from dingtalk_cloud import GOOD, NOW, Cloud, cloud_and_adapter
from pydantic import SecretStr

from bot.adapters.base import Adapter, Handle, PlatformError
from bot.adapters.dingtalk import DingTalk, from_settings
from bot.adapters.dingtalk_http import Pace, Token, checked_new, checked_old
from bot.cards import Button, Card, Input, InputKind, Picture, Text
from core.settings import Settings

CREATE = "/v1.0/card/instances/createAndDeliver"
CARDS = "/v1.0/card/instances"
SAY = "/v1.0/robot/oToMessages/batchSend"
TOKEN = "/v1.0/oauth2/accessToken"
BAD_TOKEN = (400, {"code": "InvalidAuthentication", "message": "不合法的access_token"})
TASK = Card(title="等您审批", buttons=(Button("approve", "同意"),), summary="报销 BX-1", token="t")
FORM = Card(
    title="报销",
    inputs=(Input("amount", "金额", InputKind.NUMBER),),
    submit=Button("submit", "提交"),
    link="https://x/",
)


def error(status: int, code: str) -> tuple[int, dict[str, Any]]:
    return status, {"requestid": "r", "code": code, "message": code}


async def failure(adapter: DingTalk, cloud: Cloud, path: str, answer: tuple[int, Any]) -> PlatformError:
    cloud.script[path] = [answer]
    with pytest.raises(PlatformError) as caught:
        await adapter.send("emp_a", TASK, "k1")
    return caught.value


async def test_a_card_is_created_in_the_persons_chat() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        handle = await adapter.send("emp_a", TASK, "card-1")
        assert handle == Handle("card-1")
        (body,) = cloud.bodies(CREATE)
        assert (body["cardTemplateId"], body["outTrackId"], body["callbackType"]) == (
            "task.schema",
            "card-1",
            "STREAM",
        )
        assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.emp_a"
        assert body["imRobotOpenSpaceModel"] == {
            "supportForward": False,
            "lastMessageI18n": {"ZH_CN": "报销 BX-1"},
        }
        assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "dingapp"}
        assert all(isinstance(value, str) for value in body["cardData"]["cardParamMap"].values())


async def test_a_form_goes_into_the_form_template() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        await adapter.send("emp_a", FORM, "card-2")
        assert cloud.bodies(CREATE)[0]["cardTemplateId"] == "form.schema"


async def test_the_same_key_twice_is_a_success() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script[CREATE] = [error(400, "param.cardAlreadyExist")]
        assert await adapter.send("emp_a", TASK, "card-1") == Handle("card-1", repeated=True)


async def test_success_without_delivery_is_a_failure() -> None:
    entry = {"spaceType": "IM", "success": False, "errorMsg": "spaces of card is empty"}
    answer = {"success": True, "result": {"outTrackId": "k", "deliverResults": [entry]}}
    async with cloud_and_adapter() as (cloud, adapter):
        failed = await failure(adapter, cloud, CREATE, (200, answer))
        assert failed.permanent
        assert "spaces of card is empty" in str(failed)


async def test_an_update_names_its_variables() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        handle = Handle("card-1")
        assert await adapter.update("emp_a", handle, TASK) == handle
        method, _, body, _ = cloud.calls[-1]
        assert method == "PUT"
        assert body["outTrackId"] == "card-1"
        assert body["cardUpdateOptions"] == {"updateCardDataByKey": True, "updatePrivateDataByKey": True}


async def test_a_card_that_is_gone() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script[CARDS] = [error(400, "param.cardNotExist")]
        with pytest.raises(PlatformError) as caught:
            await adapter.update("emp_a", Handle("card-1"), TASK)
        assert caught.value.gone


async def test_a_text_and_who_did_not_get_it() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        assert (await adapter.send("emp_a", Text("您好"), "k1")).external_id == "query-1"
        assert json.loads(cloud.bodies(SAY)[0]["msgParam"]) == {"content": "您好"}
        cloud.script[SAY] = [(200, GOOD[SAY] | {"invalidStaffIdList": ["emp_a"]})]
        with pytest.raises(PlatformError) as unknown:
            await adapter.send("emp_a", Text("您好"), "k1")
        assert unknown.value.permanent
        cloud.script[SAY] = [(200, GOOD[SAY] | {"flowControlledStaffIdList": ["emp_a"]})]
        with pytest.raises(PlatformError) as slowed:
            await adapter.send("emp_a", Text("您好"), "k1")
        assert slowed.value.retry_after == 60


async def test_a_picture_is_uploaded_and_sent_by_its_media_id() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        await adapter.send("emp_a", Picture(b"\x89PNG", "chart.png", "销售额"), "k1")
        _, path, upload, sent = cloud.calls[1]
        assert (path, sent["type"], sent["access_token"]) == ("/media/upload", "image", "token-1")
        assert upload["media"].filename == "chart.png"
        message = cloud.bodies(SAY)[0]
        assert (message["msgKey"], json.loads(message["msgParam"])) == (
            "sampleImageMsg",
            {"photoURL": "@lAD1"},
        )


async def test_where_the_new_token_is_unknown_the_old_one_is_fetched() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script["/media/upload"] = [(200, {"errcode": 40014, "errmsg": "不合法的access_token"})]
        for _ in range(2):
            await adapter.send("emp_a", Picture(b"\x89PNG", "chart.png", "销售额"), "k1")
        tokens = [query["access_token"] for _, path, _, query in cloud.calls if path == "/media/upload"]
        assert tokens == ["token-1", "old-1", "old-1"]
        assert len([path for _, path, _, _ in cloud.calls if path == "/gettoken"]) == 1


async def test_an_invalid_token_is_fetched_again_once() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script[TOKEN] = [(200, {"accessToken": "stale", "expireIn": 7200})]
        cloud.script[CREATE] = [BAD_TOKEN]
        await adapter.send("emp_a", TASK, "k1")
        used = [seen.get("x-acs-dingtalk-access-token") for _, path, _, seen in cloud.calls if path == CREATE]
        assert used == ["stale", "token-1"]
        cloud.script[CREATE] = [BAD_TOKEN, BAD_TOKEN]
        with pytest.raises(PlatformError) as caught:
            await adapter.send("emp_a", TASK, "k2")
        assert not caught.value.permanent


async def test_many_who_need_a_token_fetch_it_once() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        await asyncio.gather(*(adapter.send("emp_a", TASK, f"k{n}") for n in range(8)))
        assert len(cloud.bodies(TOKEN)) == 1


async def test_a_token_is_renewed_at_four_fifths_of_its_life() -> None:
    now = NOW
    fetched = 0

    async def fetch() -> tuple[str, float]:
        nonlocal fetched
        fetched += 1
        return f"t{fetched}", 7200.0

    token = Token(fetch, lambda: now, __import__("random").Random(1))
    assert await token.get() == "t1"
    now = NOW + timedelta(seconds=7200 * 0.7)
    assert await token.get() == "t1"
    now = NOW + timedelta(seconds=7200 * 0.81)
    assert await token.get() == "t2"
    assert await token.get(refused="t1") == "t2"
    assert await token.get(refused="t2") == "t3"


async def test_no_more_than_twenty_calls_of_one_api_in_any_second() -> None:
    pace = Pace()
    started = time.monotonic()
    times: list[float] = []

    async def call() -> None:
        await pace.turn("POST /a")
        times.append(time.monotonic() - started)

    await asyncio.gather(*(call() for _ in range(40)))
    times.sort()
    assert all(later - earlier > 0.97 for earlier, later in zip(times, times[20:], strict=False))
    assert times[-1] < 3
    await pace.turn("POST /b")
    assert time.monotonic() - started - times[-1] < 0.2, "another API has its own pace"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", {"retry_after": 1}),
        (403, "Forbidden.AccessDenied.QpsLimitForApi", {"retry_after": 5}),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", {"retry_after": 3600}),
        (429, "system.busy", {"retry_after": 5, "ambiguous": False}),
        (500, "system.busy", {"ambiguous": True, "permanent": False}),
        (503, "ServiceUnavailable", {"ambiguous": True}),
        (400, "param.templateNotExist", {"permanent": True, "gone": False}),
        (400, "param.contentUnsafe", {"permanent": True}),
        (400, "send.too.fast", {"retry_after": 1, "permanent": False}),
        (400, "invalidClientIdOrSecret", {"retry_after": 60, "permanent": False}),
        (401, "authFailed", {"code": "authFailed", "retry_after": 60}),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", {"permanent": True}),
    ],
)
def test_errors_of_the_new_api(status: int, code: str, expected: dict[str, Any]) -> None:
    with pytest.raises(PlatformError) as caught:
        checked_new(status, {"requestid": "r", "code": code, "message": "m"})
    assert {name: getattr(caught.value, name) for name in expected} == expected


def test_a_missing_permission_is_named() -> None:
    detail = {"requiredScopes": ["Card.Instance.Write"]}
    body = {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "accessdenieddetail": detail}
    with pytest.raises(PlatformError, match=r"Card\.Instance\.Write"):
        checked_new(403, body)


def test_an_address_that_is_banned_waits_five_minutes() -> None:
    for checked in (checked_new, checked_old):
        with pytest.raises(PlatformError) as caught:
            checked(200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"})
        assert caught.value.retry_after == 300


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token"}, {"code": "40014"}),
        ({"errcode": 90018, "errmsg": "qps"}, {"retry_after": 1, "permanent": False}),
        ({"errcode": -1, "errmsg": "系统繁忙"}, {"retry_after": 1}),
        ({"errcode": 40078, "errmsg": "不存在的临时授权码"}, {"permanent": True, "code": "40078"}),
        ({"errcode": 60121, "errmsg": "找不到该用户"}, {"permanent": True}),
    ],
)
def test_errors_of_the_old_api(body: dict[str, Any], expected: dict[str, Any]) -> None:
    with pytest.raises(PlatformError) as caught:
        checked_old(200, body)
    assert {name: getattr(caught.value, name) for name in expected} == expected


async def test_a_proxy_page_and_a_lost_answer_are_ambiguous() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        assert (await failure(adapter, cloud, CREATE, (502, "<html>"))).ambiguous
        assert (await failure(adapter, cloud, CREATE, (403, "<html>"))).retry_after == 300


async def test_no_connection_is_no_ambiguity() -> None:
    async with cloud_and_adapter(api_base="http://127.0.0.1:9") as (_, adapter):
        with pytest.raises(PlatformError) as caught:
            await adapter.send("emp_a", TASK, "k1")
        assert (caught.value.ambiguous, caught.value.permanent) == (False, False)


async def test_login_of_a_browser() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        url = urlsplit(adapter.login_url("https://zs.example/login/dingtalk", "s1"))
        assert url.path == "/oauth2/auth"
        asked = parse_qs(url.query)
        assert asked["redirect_uri"] == ["https://zs.example/login/dingtalk"]
        assert (asked["state"], asked["scope"], asked["prompt"], asked["client_id"]) == (
            ["s1"],
            ["openid"],
            ["consent"],
            ["dingapp"],
        )
        cloud.script["/v1.0/oauth2/userAccessToken"] = [(200, {"accessToken": "person", "expireIn": 7200})]
        cloud.script["/v1.0/contact/users/me"] = [(200, {"nick": "小李", "unionId": "u-1"})]
        cloud.script["/topapi/user/getbyunionid"] = [(200, {"errcode": 0, "result": {"userid": "emp_a"}})]
        assert await adapter.login("code-1") == "emp_a"
        assert cloud.bodies("/topapi/user/getbyunionid") == [{"unionid": "u-1"}]


async def test_login_inside_dingtalk() -> None:
    path = "/topapi/v2/user/getuserinfo"
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script[path] = [
            (200, {"errcode": 0, "result": {"userid": "emp_a"}}),
            (200, {"errcode": 40078, "errmsg": "不存在的临时授权码"}),
        ]
        assert await adapter.login_jsapi("code-1") == "emp_a"
        with pytest.raises(PlatformError):
            await adapter.login_jsapi("code-1")


async def test_the_doctor_finds_everything_right() -> None:
    async with cloud_and_adapter() as (cloud, adapter):
        cloud.script["/v1.0/oauth2/dingcorp/token"] = [(200, {"access_token": "c", "expires_in": 7200})]
        cloud.script[SAY] = [(200, GOOD[SAY] | {"invalidStaffIdList": ["zhongshu-nobody"]})]
        found = [each async for each in adapter.check()]
        assert all(each.ok for each in found), found
        assert [each.name.removeprefix("ZHONGSHU_DINGTALK_") for each in found] == [
            "CLIENT_ID",
            "CORP_ID",
            "ROBOT_CODE",
            "FORM_TEMPLATE",
            "TASK_TEMPLATE",
            "OAPI_BASE",
            "API_BASE",
        ]


WRONG: list[tuple[str, dict[str, str], str, list[tuple[int, Any]]]] = [
    ("CLIENT_SECRET", {}, TOKEN, [error(400, "invalidClientIdOrSecret")]),
    ("CLIENT_ID", {"client_id": "dingwrong"}, TOKEN, [error(400, "invalidClientIdOrSecret")]),
    ("CORP_ID", {}, "/v1.0/oauth2/dingcorp/token", [error(500, "unknownError")]),
    ("ROBOT_CODE", {}, SAY, [error(400, "invalidParameter.robotCode.notExsit")]),
    ("FORM_TEMPLATE", {}, CARDS, [error(400, "param.templateNotExist")]),
    ("OAPI_BASE", {}, "/gettoken", [(502, "<html>")]),
    ("TASK_TEMPLATE", {}, CARDS, [(200, GOOD[CARDS]), error(400, "param.templateUnpublished")]),
]


@pytest.mark.parametrize(("setting", "other", "path", "answers"), WRONG)
async def test_the_doctor_names_the_wrong_setting(
    setting: str, other: dict[str, str], path: str, answers: list[tuple[int, Any]]
) -> None:
    async with cloud_and_adapter(None, None, **other) as (cloud, adapter):
        cloud.script["/v1.0/oauth2/dingcorp/token"] = [(200, {"access_token": "c", "expires_in": 7200})]
        cloud.script[path] = list(answers)
        wrong = [each for each in [each async for each in adapter.check()] if not each.ok]
        assert [each.name for each in wrong] == [f"ZHONGSHU_DINGTALK_{setting}"]
        assert wrong[0].message
        assert wrong[0].fix


def test_settings_make_the_config_and_the_robot_is_the_app_itself() -> None:
    assert from_settings(Settings(dingtalk_client_id="")) is None
    made = from_settings(Settings(dingtalk_client_id="dingapp", dingtalk_form_template="f.schema"))
    assert made is not None
    assert (made.robot_code, made.form_template) == ("dingapp", "f.schema")


def test_the_secret_is_not_shown() -> None:
    made = from_settings(Settings(dingtalk_client_id="dingapp", dingtalk_client_secret=SecretStr("hush")))
    assert "hush" not in repr(made)


async def test_the_adapter_fits_the_seam() -> None:
    async with aiohttp.ClientSession(), cloud_and_adapter() as (_, adapter):
        seam: Adapter = adapter
        assert seam.name == "dingtalk"
        assert not seam.healthy()
        await seam.close()
