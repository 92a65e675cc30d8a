"""Cards out and callbacks in, without a network: what the templates declare is what `render` sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dingtalk_cloud import RECORDED

from bot.adapters import templates
from bot.adapters.dingtalk_cards import (
    BadCallback,
    clip,
    is_form,
    note_only,
    page_link,
    parse_click,
    parse_said,
    render,
    response,
)
from bot.adapters.dingtalk_forms import form_json, read_form
from bot.adapters.templates import build
from bot.cards import Button, Card, Field, Input, InputKind, Option, Style, Tone

OPTIONS = tuple(Option(str(n), f"选项{n}") for n in range(1, 8))
FEW = OPTIONS[:3]
FORM = Card(
    title="费用报销",
    body="请填写\n然后提交",
    fields=(Field("申请人", "李明"),),
    inputs=(
        Input("amount", "金额", InputKind.NUMBER, required=True, value="12.5", error="必须大于 0"),
        Input("kind", "类别", InputKind.SELECT, options=FEW, value="2"),
    ),
    submit=Button("submit", "提交", values={"draft": "d1"}),
    token="v1.tok",
    link="https://zs.example/h5/f/1?a=b",
)
TASK = Card(
    title="报销 BX-1 等您审批",
    buttons=(
        Button("approve", "同意", Style.PRIMARY, {"task": "42"}),
        Button("reject", "拒绝", Style.DANGER),
        Button("more", "单据", url="https://zs.example/r/1"),
    ),
    token="v1.tok",
    note="8 小时内处理",
)


def declared(kind: str) -> dict[str, str]:
    path = Path(templates.__path__[0]) / f"{kind}.json"
    editor = json.loads(json.loads(path.read_text("utf-8"))["editorData"])
    return {variable["name"]: variable["type"] for variable in editor["variableList"]}


@pytest.mark.parametrize("kind", ["form", "task"])
def test_the_export_files_are_what_the_script_writes(kind: str) -> None:
    path = Path(templates.__path__[0]) / f"{kind}.json"
    assert path.read_text("utf-8") == build.dump(kind)


@pytest.mark.parametrize("kind", ["form", "task"])
def test_every_bound_variable_is_declared(kind: str) -> None:
    editor = json.loads(build.template(kind)["editorData"])
    names = set(build.VARIABLES) | {each["name"] for each in editor["expList"]}
    bound: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("variable"), str):
                bound.add(value["variable"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(editor["schema"])
    assert bound - {""} <= names
    assert {"form", "rows", "buttons", "body", "show_form", "form_token"} <= bound


CARDS = [
    FORM,
    TASK,
    Card(title="空"),
    Card(title="完", tone=Tone.DONE, inputs=FORM.inputs, note="王经理 已同意"),
    Card(title="长" * 1000, body="文" * 1000, note="注" * 1000, summary="摘" * 1000),
    Card(title="多", fields=tuple(Field(f"行{n}", "值" * 200) for n in range(60))),
]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("kind", ["form", "task"])
def test_render_sends_every_declared_variable_with_json_of_its_type(kind: str, card: Card) -> None:
    shapes = {"loopArray": list, "buttonGroup": list, "form": dict}
    types = declared(kind)
    sent = render(card)
    assert sent.keys() == types.keys()
    for name, value in sent.items():
        assert isinstance(value, str)
        if types[name] in shapes:
            assert isinstance(json.loads(value), shapes[types[name]])
            assert len(value) <= 3200
        else:
            assert len(value.encode()) <= 900


def test_a_form_card() -> None:
    sent = render(FORM)
    fields = json.loads(sent["form"])["fields"]
    assert is_form(FORM)
    assert fields[0] == {
        "name": "amount",
        "label": "金额",
        "type": "NUMBER",
        "required": True,
        "requiredMsg": "请填写金额",
        "defaultValue": "12.5",
    }
    assert fields[1]["type"] == "CHECKBOX_GROUP"
    assert fields[1]["defaultValue"] == "2"
    assert sent["note"] == "金额：必须大于 0"
    assert (sent["form_action"], sent["form_token"], sent["form_values"]) == (
        "submit",
        "v1.tok",
        '{"draft":"d1"}',
    )
    assert (sent["form_status"], sent["form_btn_text"], sent["has_form"]) == ("normal", "提交", "true")
    assert sent["body"] == "请填写<br>然后提交"
    assert json.loads(sent["rows"]) == [{"label": "申请人", "value": "李明"}]
    assert json.loads(sent["buttons"])[0]["event"] == {
        "type": "openLink",
        "params": {"url": page_link("https://zs.example/h5/f/1?a=b")},
    }


def test_a_task_card() -> None:
    sent = render(TASK)
    approve, reject, more = json.loads(sent["buttons"])
    assert not is_form(TASK)
    assert approve == {
        "text": "同意",
        "color": "blue",
        "status": "normal",
        "event": {
            "type": "sendCardRequest",
            "params": {
                "actionId": "approve",
                "params": {"task": "42", "action": "approve", "token": "v1.tok"},
            },
        },
    }
    assert reject["color"] == "red"
    assert more["event"]["params"]["url"].startswith(
        "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fzs"
    )
    assert (sent["has_form"], sent["has_body"], sent["has_note"], sent["status_text"]) == (
        "false",
        "false",
        "true",
        "待处理",
    )


def test_a_closed_card_can_do_nothing() -> None:
    sent = render(Card(title="完", tone=Tone.DONE, inputs=FORM.inputs, note="已提交"))
    assert (sent["form_status"], sent["buttons"], sent["status_text"]) == ("disabled", "[]", "已完成")
    assert (sent["form_btn_text"], sent["form_action"], sent["form_token"]) == ("已提交", "", "")


def test_a_form_too_long_for_a_card_becomes_a_link() -> None:
    many = tuple(Input(f"f{n}", f"字段{n}", InputKind.SELECT, options=OPTIONS, value="1") for n in range(20))
    card = Card(
        title="长表单", inputs=many, submit=Button("submit", "提交"), link="https://zs.example/h5/f/1"
    )
    sent = render(card)
    assert sent["has_form"] == "false"
    assert json.loads(sent["form"]) == {"fields": []}
    assert json.loads(sent["buttons"])[0]["text"] == "打开页面填写"


def test_what_people_type_makes_no_link_and_no_tag() -> None:
    sent = render(Card(title="t", body="[点我](http://evil) <a href=x>y</a>"))
    assert "](" not in sent["body"]
    assert "<a" not in sent["body"]


def test_lists_and_paragraphs_of_a_body_stay() -> None:
    assert render(Card(title="t", body="甲：\n- 一\n- 二\n\n乙"))["body"] == "甲：\n- 一\n- 二\n\n乙"


INPUTS = [
    (InputKind.TEXT, "打车", (), "TEXT", "打车"),
    (InputKind.LONG_TEXT, "一\n二", (), "TEXT_AREA", "一\n二"),
    (InputKind.DATE, "2026-11-24", (), "DATE", "2026-11-24"),
    (InputKind.DATETIME, "2026-11-24 09:30", (), "DATETIME", "2026-11-24 09:30"),
    (InputKind.TIME, "09:30", (), "TIME", "09:30"),
    (InputKind.SELECT, "2", FEW, "CHECKBOX_GROUP", "2"),
    (InputKind.SELECT, "2", OPTIONS, "SELECT", {"index": 1, "value": "2"}),
    (InputKind.MULTI_SELECT, ("2", "3"), FEW, "MULTI_SELECT", {"index": [1, 2], "value": ["2", "3"]}),
    (InputKind.SWITCH, False, (), "SWITCH", False),
]


@pytest.mark.parametrize(("kind", "value", "options", "type_", "default"), INPUTS)
def test_each_kind_of_input(kind: InputKind, value: Any, options: Any, type_: str, default: Any) -> None:
    field = json.loads(form_json([Input("k", "标", kind, options=options, value=value)]))["fields"][0]
    assert (field["type"], field["defaultValue"]) == (type_, default)


@pytest.mark.parametrize("empty", [None, "", ()])
def test_an_empty_input_has_no_default(empty: Any) -> None:
    field = json.loads(form_json([Input("k", "标", InputKind.TEXT, readonly=True, value=empty)]))["fields"][0]
    assert field == {"name": "k", "label": "标", "type": "TEXT", "readOnly": True}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("12.5", "12.5"),
        (12.5, "12.5"),
        (7, "7"),
        (True, True),
        (False, False),
        ({"index": 0, "value": "travel"}, "travel"),
        ({"index": [1, 2], "value": ["b", "c"]}, ("b", "c")),
        (["b"], ("b",)),
        ({"value": "x"}, "x"),
    ],
)
def test_submitted_values(sent: Any, read: Any) -> None:
    assert read_form({"k": sent}) == {"k": read}


@pytest.mark.parametrize(
    "empty", [None, "", "  ", [], {"index": -1, "value": ""}, {"index": [], "value": []}, {}]
)
def test_empty_values_are_absent(empty: Any) -> None:
    assert read_form({"k": empty}) == {}


def test_a_recorded_button() -> None:
    frame = RECORDED["card_button"]
    click = parse_click(json.loads(frame["data"]), frame["headers"]["messageId"])
    assert click is not None
    assert (click.actor, click.card, click.button) == ("fin_mgr", "appr-R-1-7f3a", "agree")
    assert (click.values, click.inputs) == ({"id": "R-1"}, {})
    assert click.delivery.startswith("c0a803f8_1718247161_1-")


def test_a_recorded_form() -> None:
    frame = RECORDED["card_form"]
    click = parse_click(json.loads(frame["data"]), frame["headers"]["messageId"])
    assert click is not None
    assert (click.actor, click.card, click.button) == ("emp_a", "form-R-1-19bc", "form")
    assert click.inputs == {
        "req_id": "R-1",
        "reason": "打车",
        "amount": "12.5",
        "day": "2026-03-01",
        "kind": "travel",
        "tags": ("b", "c"),
        "urgent": True,
    }


def press(told: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"userId": "emp_a", "outTrackId": "card-1", "content": json.dumps(told)} | top


def test_our_own_form_brings_action_token_and_values_beside_the_form() -> None:
    params = {"action": "submit", "token": "v1.tok", "values": '{"draft":"d1"}', "form": {"amount": "1"}}
    click = parse_click(press({"cardPrivateData": {"actionIds": ["form"], "params": params}}), "m1")
    assert click is not None
    assert (click.button, click.token, click.values) == ("submit", "v1.tok", {"draft": "d1"})
    assert click.inputs == {"amount": "1"}


@pytest.mark.parametrize(
    "data",
    [
        press({"cardPrivateData": {"actionIds": ["agree"], "params": {"id": "1"}}}),
        press({"cardPrivateData": {"actionIds": ["node_x"], "params": {}}}, actionId="agree"),
        press({"params": {"action": "agree"}, "cardPrivateData": {"actionIds": ["node_x"]}}),
        press({"cardPrivateData": {"actionIds": [], "params": {"actionId": "agree"}}}),
        {
            "userId": "emp_a",
            "outTrackId": "card-1",
            "value": '{"cardPrivateData":{"params":{"action":"agree"}}}',
        },
    ],
)
def test_wherever_the_action_stands(data: dict[str, Any]) -> None:
    click = parse_click(data, "m1")
    assert click is not None
    assert click.button == "agree"


@pytest.mark.parametrize(
    "content", [{}, {"cardPrivateData": {"actionIds": ["node_ocmr4"], "params": {"fromConfig": ""}}}]
)
def test_a_press_on_the_card_body_is_nobodys(content: dict[str, Any]) -> None:
    assert parse_click(press(content), "m1") is None


@pytest.mark.parametrize("data", [{}, press({}, userId=""), press({}, content="{"), press({}, outTrackId=7)])
def test_a_malformed_callback_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(BadCallback):
        parse_click(data, "m1")


def test_a_redelivered_press_has_the_same_key_and_a_second_tap_another() -> None:
    data = press({"cardPrivateData": {"params": {"action": "agree"}}})
    other = press({"cardPrivateData": {"params": {"action": "reject"}}})
    keys = set()
    for each, message in [(data, "m1"), (data, "m1"), (data, "m2"), (other, "m1")]:
        click = parse_click(each, message)
        assert click is not None
        keys.add(click.delivery)
    assert len(keys) == 3


def test_a_recorded_message() -> None:
    said, reply = parse_said(json.loads(RECORDED["text"]["data"])) or pytest.fail("nobody said it")
    assert (said.actor, said.text, said.name, said.group) == ("emp_a", "报销", "张三", "")
    assert said.delivery == "msgLICYe0000HgY4JtMQw=="
    assert reply.url == ""


def test_a_recorded_group_message() -> None:
    said, reply = parse_said(json.loads(RECORDED["group_text"]["data"])) or pytest.fail("nobody said it")
    assert (said.text, said.group) == ("请假", "审批群")
    assert reply.url.startswith("https://oapi.dingtalk.com/robot/sendBySession")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {
                "msgtype": "richText",
                "content": {"richText": [{"text": "报"}, {"downloadCode": "x"}, {"text": "销"}]},
            },
            "报销",
        ),
        ({"msgtype": "audio", "content": {"downloadCode": "x", "recognition": "请假三天"}}, "请假三天"),
        ({"msgtype": "picture", "content": {"downloadCode": "x"}}, ""),
        ({"msgtype": "file", "content": {"fileName": "a.pdf"}}, ""),
        ({"msgtype": "unknownMsgType"}, ""),
        ({"errCode": 20001, "errMsg": "quota"}, ""),
    ],
)
def test_other_kinds_of_message(message: dict[str, Any], text: str) -> None:
    said, _ = parse_said({"msgId": "m", "senderStaffId": "e", **message}) or pytest.fail("nobody said it")
    assert said.text == text


def test_strangers_are_not_heard() -> None:
    assert (
        parse_said({"msgId": "m", "senderStaffId": "", "msgtype": "text", "text": {"content": "hi"}}) is None
    )


@pytest.mark.parametrize("size", [3, 4, 10, 11, 12])
def test_clip_cuts_between_characters(size: int) -> None:
    cut = clip("钉钉审批", size)
    assert len(cut.encode()) <= size
    assert cut == "钉钉审批" if size >= 12 else cut.endswith("…")


def test_responses() -> None:
    assert response(None) == {}
    assert response(note_only("稍后")) == {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": {"cardParamMap": {"note": "稍后", "has_note": "true"}},
    }
