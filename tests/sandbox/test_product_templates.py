"""The two export files that the product ships, drawn by the simulated client."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import dingtalk_template
from sandbox.dingtalk_draw import draw

TEMPLATES = Path(__file__).parents[2] / "bot" / "adapters" / "templates"
APPROVE = {"type": "sendCardRequest", "params": {"actionId": "approve"}}
VALUES = {
    "title": "费用报销 BX-1",
    "status_text": "待处理",
    "tone": "open",
    "summary": "费用报销 等您审批",
    "body": "请审批",
    "rows": json.dumps([{"label": "金额", "value": "86.50 元"}]),
    "form": json.dumps({"fields": [{"name": "reason", "label": "意见", "type": "TEXT_AREA"}]}),
    "form_status": "normal",
    "form_btn_text": "提交",
    "form_action": "save",
    "form_token": "t1",
    "form_values": "",
    "buttons": json.dumps([{"text": "同意", "color": "blue", "event": APPROVE}]),
    "note": "王强已同意",
} | {f"has_{part}": "true" for part in ("body", "rows", "form", "buttons", "note")}


@pytest.mark.parametrize("name", ["form", "task"])
def test_every_part_is_drawn(name: str) -> None:
    template = dingtalk_template.load("t", TEMPLATES / f"{name}.json")
    assert template.undeclared(VALUES) == []
    drawing = draw(template, VALUES, {})
    drawn: dict[str, Any] = drawing.drawn
    assert (drawn["title"], drawn["status"], drawn["tint"]) == ("费用报销 BX-1", "待处理", "open")
    assert (drawn["markdown"], drawn["note"]) == ("请审批", "王强已同意")
    assert drawn["rows"] == [{"label": "金额", "value": "86.50 元", "url": None}]
    assert ([f["key"] for f in drawn["form"]["fields"]], drawn["form"]["submit"]) == (["reason"], "提交")
    assert [b["key"] for b in drawn["buttons"]] == ["approve"]
    assert drawing.actions[drawn["form"]["key"]].params == {"action": "save", "token": "t1", "values": ""}
    assert drawing.summary == "费用报销 等您审批"


@pytest.mark.parametrize(("tone", "tint"), [("done", "done"), ("refused", "refused"), ("info", "info")])
def test_the_tone_is_the_colour_of_the_head(tone: str, tint: str) -> None:
    template = dingtalk_template.load("t", TEMPLATES / "task.json")
    assert draw(template, VALUES | {"tone": tone}, {}).drawn["tint"] == tint


def test_what_is_switched_off_is_not_drawn() -> None:
    template = dingtalk_template.load("t", TEMPLATES / "form.json")
    hidden = {f"has_{part}": "false" for part in ("body", "rows", "form", "buttons", "note")}
    drawing = draw(template, VALUES | hidden, {})
    assert (drawing.drawn["form"], drawing.drawn["buttons"], drawing.drawn["rows"]) == (None, [], [])
    assert drawing.dead is True
