"""What the form designer asks the server: kinds, properties, names, and a formula's value in the draft."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from core.forms.definition import FieldDef
from core.forms.describe import kinds, shapes
from core.forms.fields import KINDS
from tests.http.conftest import Admin, Company

DRAFT = """
form: order
title: 订单
fields:
  - {key: happened, label: 日期, type: date, default: 今天}
  - key: items
    label: 明细
    type: subtable
    fields:
      - {key: qty, label: 数量, type: number}
      - {key: price, label: 单价, type: money}
      - {key: broken, label: 坏的, type: nothing}
  - {key: total, label: 合计, type: money, formula: SUM(明细.数量 * 明细.单价)}
  - {key: oops, type: text}
"""


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one["type"])
def test_a_new_field_of_every_kind_says_what_its_kind_needs(kind):
    """每种字段在设计器里有分组、图标、一句说明；新放上去的字段只差要引用的表单和字段。"""
    starts = {"key": "x", "label": "字段", "type": kind["type"], **kind["starts"]}
    wanting = [name for name in kind["needs"] if name not in starts]

    assert kind["group"] != "其他"
    assert kind["icon"] != "…"
    assert kind["help"]
    assert set(wanting) <= {"to", "via", "take", "of", "by"}
    if not wanting:
        FieldDef.model_validate(starts)


def test_every_property_of_every_kind_is_described():
    """字段定义允许的每个属性，设计器都有名称和编辑器。"""
    told = {one["name"]: one for one in shapes()["FieldDef"]}

    for kind in kinds():
        offered = {name for section in kind["sections"] for name in section["properties"]}
        names = {"condition": "if"}
        allowed = {names.get(one, one) for one in KINDS[kind["type"]].properties} - {"fields"}
        assert allowed <= offered <= set(told)
    for model, properties in shapes().items():
        for one in properties:
            assert one["title"] != one["name"], f"{model}.{one['name']} has no Chinese title"
            assert one["editor"] != "choice" or all(c["text"] for c in one["choices"])


def test_a_kind_put_into_the_registry_is_in_the_palette(monkeypatch: pytest.MonkeyPatch):
    """新的字段类型只写一个文件：登记之后，设计器里就有它和它的属性。"""
    stars = replace(KINDS["number"], name="stars", title="评分", icon="★", properties=("max", "default"))
    monkeypatch.setitem(KINDS, "stars", stars)

    told = next(one for one in kinds() if one["type"] == "stars")

    assert (told["title"], told["icon"], told["in_rows"]) == ("评分", "★", True)
    assert {"title": "评分", "properties": ["max", "default"]} in told["sections"]


async def test_the_palette_comes_from_the_registry(admin: Admin):
    told = await admin.get("/designer")

    assert [one["type"] for one in told["kinds"]] == list(KINDS)
    assert {"key": "expense_claim", "title": "费用报销"} in told["forms"]
    assert next(one for one in told["functions"] if one["name"] == "SUM")["example"]
    assert "财务主管" in told["roles"]


async def test_fields_of_another_form_are_named(admin: Admin):
    told = await admin.get("/designer/forms/expense_claim")

    assert [one["label"] for one in told["fields"]][:2] == ["申请人", "事由"]
    assert next(one for one in told["fields"] if one["type"] == "subtable")["fields"]


async def test_names_at_a_place_of_the_draft(admin: Admin):
    """子表的列先看到同一行的列，再看到表单的字段；写坏的字段不在里面。"""
    row = await admin.post("/definitions/symbols", {"text": DRAFT, "form": "order", "at": "items.price"})
    top = await admin.post("/definitions/symbols", {"text": DRAFT, "form": "order", "at": "total"})

    assert [one["name"] for one in row][:3] == ["数量", "单价", "日期"]
    inner = next(one for one in top if one["name"] == "明细")["inner"]
    assert [(one["name"], one["kind_name"]) for one in inner] == [("数量", "数字"), ("单价", "数字")]


async def ask(admin: Admin, formula: str, at: str = "total", **more: object):
    sent = {"text": DRAFT, "form": "order", "formula": formula, "at": at, "expect": "number", **more}
    return await admin.post("/definitions/formula", sent)


async def test_a_formula_is_worked_out_for_a_sample_that_can_be_changed(admin: Admin):
    made_up = await ask(admin, "SUM(明细.数量 * 明细.单价)")
    typed = await ask(
        admin, "SUM(明细.数量 * 明细.单价)", values={"items.qty": "2、3", "items.price": "10、4.5"}
    )
    row = await ask(admin, "数量 * 单价", at="items.sum", values={"items.qty": "7", "items.price": "0.1"})

    assert (made_up["shown"], made_up["kind_name"]) == ("20000", "数字")
    assert typed["shown"] == "33.5"
    assert [(one["label"], one["value"]) for one in typed["sample"]] == [
        ("明细.单价", "10.00、4.50"),
        ("明细.数量", "2、3"),
    ]
    assert row["shown"] == "0.7"


async def test_a_mistake_in_a_formula_has_its_place(admin: Admin):
    unknown = await ask(admin, "SUM(明细.数料)")
    wrong_kind = await ask(admin, '"甲"')
    empty = await ask(admin, " ")

    assert "数料" in unknown["problem"]["message"]
    assert unknown["problem"]["position"] == 7
    assert "数字" in wrong_kind["problem"]["message"]
    assert empty["problem"]


async def test_a_draft_that_cannot_be_read_is_told(admin: Admin):
    sent = {"text": "form: [", "form": "order", "formula": "1", "at": "", "expect": ""}

    refused = await admin.post("/definitions/formula", sent, status=404)

    assert "YAML" in refused["message"]


async def test_the_head_of_a_sheet_becomes_fields(admin: Admin, company: Company):
    """上传 Excel：第一行是字段名，类型按下面的内容猜；不是 Excel 就说不是。"""
    template = await admin.client.get("/admin/api/records/expense_claim/template")
    form = aiohttp.FormData()
    form.add_field("file", await template.read(), filename="a.xlsx")
    headers = {"X-CSRF-Token": admin.csrf}
    sent = await admin.client.post("/admin/api/designer/sheet", data=form, headers=headers)
    wrong = aiohttp.FormData()
    wrong.add_field("file", b"no sheet", filename="a.xlsx")
    refused = await admin.client.post("/admin/api/designer/sheet", data=wrong, headers=headers)

    fields = (await sent.json())["fields"]
    assert "事由" in [one["label"] for one in fields]
    assert all(FieldDef.model_validate(one) for one in fields)
    assert refused.status == 422
    assert "Excel" in (await refused.json())["message"]


def test_a_width_is_offered_where_a_field_can_stand_beside_another():
    """「占一行的多少」：字段和说明文字可以写，分组、标签页、子表和子表的列不行。"""
    offered = {
        one["type"] for one in kinds() if any("width" in section["properties"] for section in one["sections"])
    }
    assert offered == set(KINDS) - {"section", "tab", "subtable"}

    column = {"key": "qty", "label": "数量", "type": "number", "width": "half"}
    with pytest.raises(ValueError, match="子表的列不能写 width"):
        FieldDef.model_validate({"key": "rows", "label": "明细", "type": "subtable", "fields": [column]})
    with pytest.raises(ValueError, match="分组字段不能写 width"):
        FieldDef.model_validate({"key": "part", "label": "一", "type": "section", "width": "full"})
