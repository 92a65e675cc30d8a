"""Interactive cards over the real wire: what the platform refuses, what a phone shows, what a click sends."""

import asyncio
import json
from typing import Any

import pytest

from tests.sandbox.conftest import Box, StreamBot

FIELDS = [
    {"name": "amount", "label": "金额", "type": "NUMBER", "required": True, "requiredMsg": "请填写金额"},
    {
        "name": "kind",
        "label": "类型",
        "type": "SELECT",
        "options": [{"value": "travel", "text": "差旅"}, {"value": "office", "text": "办公"}],
    },
    {
        "name": "tags",
        "label": "标签",
        "type": "MULTI_SELECT",
        "options": [{"value": v, "text": v.upper()} for v in "abc"],
        "defaultValue": {"index": [1], "value": ["b"]},
    },
    {"name": "day", "label": "日期", "type": "DATE"},
    {"name": "urgent", "label": "加急", "type": "SWITCH"},
    {"name": "req", "type": "TEXT", "hidden": True, "defaultValue": "R-1"},
]
BUTTONS = [
    {
        "text": "同意",
        "color": "blue",
        "status": "normal",
        "event": {"type": "sendCardRequest", "params": {"actionId": "agree", "params": {"id": "R-1"}}},
    },
    {
        "text": "转交",
        "color": "gray",
        "status": "disabled",
        "event": {"type": "sendCardRequest", "params": {"actionId": "transfer"}},
    },
    {
        "text": "详情",
        "event": {
            "type": "openLink",
            "params": {
                "url": "dingtalk://dingtalkclient/page/link?url=http%3A%2F%2F127.0.0.1%3A8080%2Fh5%2F1&pc_slide=true"
            },
        },
    },
]


def card(**changes: Any) -> dict[str, Any]:
    values = {
        "title": "报销申请",
        "body": "**打车** 86.5 元",
        "status": "open",
        "submit_text": "提交",
        "token": "t1",
    }
    body: dict[str, Any] = {
        "cardTemplateId": "form.schema",
        "outTrackId": "card-1",
        "callbackType": "STREAM",
        "cardData": {
            "cardParamMap": values | {"form": json.dumps({"fields": FIELDS}), "buttons": json.dumps(BUTTONS)}
        },
        "openSpaceId": "dtv1.card//IM_ROBOT.liming",
        "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
    }
    body |= changes
    return {k: v for k, v in body.items() if v is not None}


CREATE = "/v1.0/card/instances/createAndDeliver"


async def shown(box: Box, userid: str = "liming") -> Any:
    return [m["card"] for m in await box.chat("dingtalk", userid) if m["card"]][-1]


async def test_a_card_stands_in_the_chat_as_its_template_says(box: Box) -> None:
    """建卡投放后,手机上按模板画出标题、正文、表单和按钮。"""
    status, body = await box.ding("POST", CREATE, card())
    assert status == 200
    assert body["result"]["deliverResults"][0]["success"] is True
    drawn = (await shown(box))["drawn"]
    assert (drawn["title"], drawn["markdown"], drawn["tint"]) == ("报销申请", "**打车** 86.5 元", "open")
    assert [f["key"] for f in drawn["form"]["fields"]] == ["amount", "kind", "tags", "day", "urgent"]
    assert drawn["form"]["fields"][2]["value"] == ["b"]
    assert [(b["text"], b["enabled"], b["url"]) for b in drawn["buttons"]] == [
        ("同意", True, None),
        ("转交", False, None),
        ("详情", True, "http://127.0.0.1:8080/h5/1"),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cardTemplateId": None}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "nobody.schema"}, "param.templateNotExist"),
        ({"cardTemplateId": "draft.schema"}, "param.templateUnpublished"),
        ({"outTrackId": None}, "param.outTrackIdEmpty"),
        ({"outTrackId": "x" * 101}, "param.invalid"),
        ({"cardData": None}, "param.cardPublicDataEmpty"),
        ({"cardData": {"cardParamMap": {"title": 5}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"form": {"fields": []}}}}, "param.invalid"),
        ({"callbackType": "stream"}, "param.invalid"),
        ({"privateData": {"nobody": {"cardParamMap": {}}}}, "param.userIdNotExist"),
        ({"openSpaceId": None}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "IM_ROBOT.liming"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//MOON.liming"}, "param.openSpaceIdInvalid"),
        ({"imRobotOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        (
            {"imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "other"}},
            "param.openDeliverModelError",
        ),
        ({"imRobotOpenSpaceModel": {}}, "param.openSpaceModelInvalid"),
    ],
)
async def test_a_wrong_card_is_refused(box: Box, changes: dict[str, Any], code: str) -> None:
    status, body = await box.ding("POST", CREATE, card(**changes))
    assert (status, body["code"]) == (400, code)
    assert await box.chat("dingtalk", "liming") == []


async def test_the_same_out_track_id_twice(box: Box) -> None:
    await box.ding("POST", CREATE, card())
    assert (await box.ding("POST", CREATE, card()))[1]["code"] == "param.cardAlreadyExist"


async def test_success_at_the_top_can_hide_a_failed_delivery(box: Box) -> None:
    status, body = await box.ding("POST", CREATE, card(imRobotOpenSpaceModel=None))
    assert (status, body["success"]) == (200, True)
    assert body["result"]["deliverResults"][0]["errorMsg"] == "spaces of card is empty"
    _, body = await box.ding("POST", CREATE, card(outTrackId="c2", openSpaceId="dtv1.card//IM_ROBOT.nobody"))
    assert body["result"]["deliverResults"][0]["success"] is False


async def test_a_submit_is_encoded_as_the_client_does_it(box: Box, bot: StreamBot) -> None:
    """SELECT 带 index,空的选填字段不出现,隐藏字段照送,模板的附加参数在旁边。"""
    await box.ding("POST", CREATE, card())
    answer = await box.click(
        "dingtalk", "liming", "card-1", values={"amount": "12.5", "kind": "差旅", "urgent": True}
    )
    assert answer["ok"] is True
    data = bot.data()
    assert (data["userId"], data["outTrackId"], data["type"]) == ("liming", "card-1", "actionCallback")
    assert (
        json.loads(data["content"])
        == json.loads(data["value"])
        == {
            "cardPrivateData": {
                "actionIds": ["form"],
                "params": {
                    "form": {
                        "amount": "12.5",
                        "kind": {"index": 0, "value": "travel"},
                        "tags": {"index": [1], "value": ["b"]},
                        "urgent": True,
                        "req": "R-1",
                    },
                    "token": "t1",
                },
            }
        }
    )


async def test_the_client_checks_required_fields_and_dead_buttons(box: Box, bot: StreamBot) -> None:
    await box.ding("POST", CREATE, card())
    assert (await box.click("dingtalk", "liming", "card-1", values={}))["error"] == "请填写金额"
    assert (await box.click("dingtalk", "liming", "card-1", button="转交"))["ok"] is False
    assert (await box.click("dingtalk", "liming", "card-1", button="没有"))["ok"] is False
    assert (await box.click("dingtalk", "liming", "card-1", button="详情"))[
        "url"
    ] == "http://127.0.0.1:8080/h5/1"
    assert bot.frames == []
    forged = await box.click("dingtalk", "liming", "card-1", values={"req": "R-2"}, forge=True)
    assert forged["ok"] is True
    assert json.loads(bot.data()["content"])["cardPrivateData"]["params"]["form"]["req"] == "R-2"


async def test_the_answer_in_the_ack_changes_the_card(box: Box, bot: StreamBot) -> None:
    """应答里的公有数据人人可见,私有数据只改点击的人。"""
    group = card(
        openSpaceId="dtv1.card//IM_GROUP.cidSales",
        imRobotOpenSpaceModel=None,
        imRobotOpenDeliverModel=None,
        imGroupOpenSpaceModel={"supportForward": False},
        imGroupOpenDeliverModel={"robotCode": "dingapp"},
    )
    await box.ding("POST", CREATE, group)
    both = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
    response = {
        "cardUpdateOptions": both,
        "cardData": {"cardParamMap": {"body": "王强已同意"}},
        "userPrivateData": {"cardParamMap": {"status": "agreed"}},
    }
    bot.answer = lambda frame: {"response": response}
    answer = await box.click("dingtalk", "wangqiang", "card-1", button="agree")
    assert answer["card"]["drawn"]["tint"] == "done"
    other = (await shown(box))["drawn"]
    assert (other["markdown"], other["tint"], other["title"]) == ("王强已同意", "open", "报销申请")


async def test_no_ack_within_two_seconds_is_a_failure_on_the_phone(box: Box, bot: StreamBot) -> None:
    await box.ding("POST", CREATE, card())
    await box.faults("dingtalk", callback_seconds=0.2)

    async def late(frame: Any) -> Any:
        await asyncio.sleep(0.4)
        return {"response": {"cardData": {"cardParamMap": {"title": "太晚"}}}}

    bot.answer = late
    answer = await box.click("dingtalk", "liming", "card-1", button="agree")
    assert (answer["ok"], answer["toast"]) == (False, "操作失败,请稍后重试")
    await asyncio.sleep(0.4)
    assert (await shown(box))["drawn"]["title"] == "报销申请"
    assert any("迟到" in w for entry in await box.wire() for w in entry["warnings"])


async def test_update_merges_only_when_asked_to(box: Box) -> None:
    await box.ding("POST", CREATE, card())
    update = {"outTrackId": "card-1", "cardData": {"cardParamMap": {"title": "已同意", "status": "agreed"}}}
    await box.ding(
        "PUT", "/v1.0/card/instances", update | {"cardUpdateOptions": {"updateCardDataByKey": True}}
    )
    first = await shown(box)
    assert (first["drawn"]["title"], first["drawn"]["markdown"]) == ("已同意", "**打车** 86.5 元")
    await box.ding("PUT", "/v1.0/card/instances", update)
    assert (await shown(box))["drawn"]["markdown"] == ""
    assert any(
        "整个公有数据被覆盖" in w
        for w in (await box.wire())[-2]["warnings"] + (await box.wire())[-1]["warnings"]
    )
    _, body = await box.ding(
        "PUT", "/v1.0/card/instances", {"outTrackId": "nobody", "cardData": {"cardParamMap": {}}}
    )
    assert body["code"] == "param.cardNotExist"
    _, body = await box.ding("PUT", "/v1.0/card/instances", {"outTrackId": "card-1"})
    assert body["code"] == "param.cardDataAndPrivateDataBothEmpty"


async def test_what_was_typed_stays_in_a_field_of_the_same_name(box: Box, bot: StreamBot) -> None:
    """服务端重画同一个表单时,客户端保留已填的值。"""
    await box.ding("POST", CREATE, card())
    errors = json.dumps(
        {"fields": [*FIELDS, {"name": "why", "label": "原因", "type": "TEXT", "required": True}]}
    )
    response = {
        "cardUpdateOptions": {"updatePrivateDataByKey": True},
        "userPrivateData": {"cardParamMap": {"form": errors}},
    }
    bot.answer = lambda frame: {"response": response}
    answer = await box.click("dingtalk", "liming", "card-1", values={"amount": "7"})
    fields = {f["key"]: f["value"] for f in answer["card"]["drawn"]["form"]["fields"]}
    assert (fields["amount"], fields["why"]) == ("7", None)


async def test_what_the_real_service_keeps_silent_about_is_noted(box: Box) -> None:
    values = {
        "titel": "错",
        "form": "not json",
        "body": "![](@lADPnever) ![](http://10.0.0.1/a.png)",
        "title": "x" * 3001,
    }
    await box.ding("POST", CREATE, card(cardData={"cardParamMap": values}, callbackType=None))
    notes = "\n".join((await box.wire())[-1]["warnings"])
    for words in (
        "没有变量 titel",
        "form 的值不是 form",
        "没有上传过",
        "手机打不开",
        "空白卡片",
        "不是 STREAM",
    ):
        assert words in notes
