"""DingTalk's HTTP API: both error families, robot messages, media, contacts."""

import io
import json
from typing import Any

import aiohttp
import pytest

from tests.sandbox.conftest import Box, StreamBot

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
SEND = "/v1.0/robot/oToMessages/batchSend"


def text(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "robotCode": "dingapp",
        "userIds": ["liming"],
        "msgKey": "sampleText",
        "msgParam": json.dumps({"content": "您好"}),
    }
    return {k: v for k, v in (body | changes).items() if v is not None}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (text(robotCode=None), "invalidParameter.robotCode.empty"),
        (text(robotCode="other"), "invalidParameter.robotCode.notExsit"),
        (text(userIds=[]), "invalidParameter.userIds.empty"),
        (text(userIds=[f"u{i}" for i in range(21)]), "invalidParameter.userIds.overMax"),
        (text(userIds=["nobody"]), "staffId.notExisted"),
        (text(msgKey=None), "invalidParameter.msgKey.empty"),
        (text(msgKey="sampleFax"), "invalidParameter.msgKey.invalid"),
        (text(msgParam={"content": "x"}), "invalidParameter.msgParam.invalid"),
        (text(msgParam="not json"), "invalidParameter.msgParam.invalid"),
        (text(msgParam=json.dumps({"content": 5})), "invalidParameter.msgParam.invalid"),
        (text(msgParam=json.dumps({"text": "x"})), "invalidParameter.msgParam.invalid"),
        (text(msgParam=json.dumps({"content": "x" * 15_001})), "invalidParameter.msgParam.tooLong"),
    ],
)
async def test_a_wrong_robot_message_is_refused(box: Box, body: dict[str, Any], code: str) -> None:
    status, answer = await box.ding("POST", SEND, body)
    assert (status, answer["code"]) == (400, code)
    assert set(answer) == {"requestid", "code", "message"}
    assert await box.chat("dingtalk", "liming") == []


async def test_a_message_says_who_did_not_get_it(box: Box) -> None:
    _, answer = await box.ding("POST", SEND, text(userIds=["liming", "nobody"]))
    assert (answer["invalidStaffIdList"], answer["flowControlledStaffIdList"]) == (["nobody"], [])
    assert [m["text"] for m in await box.chat("dingtalk", "liming")] == ["您好"]


async def test_a_group_message_reaches_its_members(box: Box) -> None:
    body = {k: v for k, v in text().items() if k != "userIds"}
    status, _ = await box.ding(
        "POST", "/v1.0/robot/groupMessages/send", body | {"openConversationId": "cidSales"}
    )
    assert status == 200
    assert [m["group"] for m in await box.chat("dingtalk", "wangqiang")] == ["sales-group"]
    _, answer = await box.ding("POST", "/v1.0/robot/groupMessages/send", body)
    assert answer["code"] == "miss.openConversationId"


async def code_of(box: Box, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    status, answer = await box.call(method, path, body, headers=headers)
    return status, answer.get("code") or answer.get("sub_code") or answer.get("errcode")


async def test_both_families_of_token_errors(box: Box) -> None:
    token = "x-acs-dingtalk-access-token"
    wrong = {"appKey": "dingapp", "appSecret": "wrong"}
    assert await code_of(box, "POST", "/v1.0/oauth2/accessToken", wrong) == (400, "invalidClientIdOrSecret")
    assert await code_of(box, "POST", SEND, text()) == (400, "AuthenticationFailed.MissingParameter")
    assert await code_of(box, "POST", SEND, text(), **{token: "bad"}) == (400, "InvalidAuthentication")
    assert await code_of(box, "POST", "/topapi/v2/user/get?access_token=bad", {}) == (200, "40014")
    assert await code_of(box, "POST", "/topapi/v2/user/get", {}) == (200, "40000")
    assert await code_of(box, "POST", "/media/upload?access_token=bad&type=image") == (200, 40014)
    assert await code_of(box, "GET", "/gettoken?appkey=dingapp&appsecret=no") == (200, 40096)
    good = await box.ding_token()
    assert await code_of(box, "POST", "/v1.0/no/such/api", {}, **good) == (404, "InvalidAction.NotFound")
    await box.faults("dingtalk", expire_tokens=True)
    assert await code_of(box, "POST", SEND, text(), **good) == (400, "InvalidAuthentication")
    await box.ding_token()
    await box.post("/sandbox/api/clock", {"advance_seconds": 7201})
    assert await code_of(box, "POST", SEND, text(), **good) == (400, "InvalidAuthentication")


async def test_more_than_twenty_calls_a_second_are_refused(box: Box) -> None:
    token = await box.ding_token()
    codes = [await code_of(box, "POST", SEND, text(), **token) for _ in range(21)]
    assert codes[-1] == (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
    assert [status for status, _ in codes[:20]] == [200] * 20
    await box.post("/sandbox/api/clock", {"advance_seconds": 1})
    assert (await code_of(box, "POST", SEND, text(), **token))[0] == 200


async def upload(box: Box, kind: str, data: bytes | io.BytesIO, field: str = "media") -> Any:
    token = (await box.ding_token())["x-acs-dingtalk-access-token"]
    form = aiohttp.FormData()
    form.add_field(field, data, filename="chart.png")
    async with box.http.post(
        f"{box.base}/media/upload?access_token={token}&type={kind}", data=form
    ) as response:
        return await response.json()


async def test_uploads_are_checked_and_shown(box: Box) -> None:
    assert (await upload(box, "picture", PNG))["errcode"] == 40004
    assert (await upload(box, "image", b"text"))["errcode"] == 40005
    assert (await upload(box, "image", io.BytesIO(PNG + b"0" * 20 * 1024 * 1024)))["errcode"] == 40006
    assert (await upload(box, "image", PNG, field="file"))["errcode"] == 41005
    media_id = (await upload(box, "image", PNG))["media_id"]
    await box.ding("POST", SEND, text(msgKey="sampleImageMsg", msgParam=json.dumps({"photoURL": media_id})))
    shown = (await box.chat("dingtalk", "liming"))[0]
    async with box.http.get(box.base + shown["media_url"]) as response:
        assert (shown["kind"], response.content_type, await response.read()) == ("image", "image/png", PNG)


async def test_session_webhook_answers_in_the_place_it_came_from(box: Box, bot: StreamBot) -> None:
    await box.say("dingtalk", "liming", "报销", group="sales-group")
    hook = bot.data()["sessionWebhook"]
    async with box.http.post(
        hook, json={"msgtype": "markdown", "markdown": {"title": "t", "text": "**好**"}}
    ) as r:
        assert await r.json() == {"errcode": 0, "errmsg": "ok"}
    last = (await box.chat("dingtalk", "wangqiang"))[-1]
    assert (last["kind"], last["title"], last["text"], last["group"]) == (
        "markdown",
        "t",
        "**好**",
        "sales-group",
    )
    await box.post("/sandbox/api/clock", {"advance_seconds": 5401})
    async with box.http.post(hook, json={"msgtype": "text", "text": {"content": "晚了"}}) as r:
        assert (await r.json())["errcode"] == 300005


async def test_a_picture_sent_to_the_bot_can_be_downloaded(box: Box, bot: StreamBot) -> None:
    picture = {"name": "发票.png", "base64": "iVBORw0KGgo="}
    await box.post("/sandbox/api/say", {"platform": "dingtalk", "userid": "liming", "file": picture})
    data = bot.data()
    assert data["msgtype"] == "picture"
    wanted = {"downloadCode": data["content"]["downloadCode"], "robotCode": "dingapp"}
    _, answer = await box.ding("POST", "/v1.0/robot/messageFiles/download", wanted)
    async with box.http.get(answer["downloadUrl"]) as response:
        assert (await response.read()).startswith(b"\x89PNG")


async def old(box: Box, path: str, body: dict[str, Any]) -> Any:
    token = (await box.ding_token())["x-acs-dingtalk-access-token"]
    return await box.post(f"/topapi/{path}?access_token={token}", body)


async def test_contacts(box: Box) -> None:
    person = (await old(box, "v2/user/get", {"userid": "liming"}))["result"]
    assert (person["unionid"], person["manager_userid"], person["dept_id_list"]) == ("u-li", "wangqiang", [3])
    assert "manager_userid" not in (await old(box, "v2/user/get", {"userid": "wangqiang"}))["result"]
    assert (await old(box, "v2/user/get", {"userid": "nobody"}))["errcode"] == 60121
    assert [d["name"] for d in (await old(box, "v2/department/listsub", {}))["result"]] == ["销售部"]
    assert (await old(box, "v2/department/get", {"dept_id": 2}))["result"]["dept_manager_userid_list"] == [
        "wangqiang"
    ]
    assert (await old(box, "v2/department/get", {"dept_id": 99}))["errcode"] == 60003
    page = (await old(box, "v2/user/list", {"dept_id": 3, "cursor": 0, "size": 10}))["result"]
    assert ([p["userid"] for p in page["list"]], page["has_more"]) == (["liming"], False)
    line = (await old(box, "v2/department/listparentbyuser", {"userid": "liming"}))["result"]["parent_list"]
    assert line == [{"parent_dept_id_list": [3, 2, 1]}]
