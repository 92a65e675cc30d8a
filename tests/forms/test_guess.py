"""A form from the head of a spreadsheet: what type each column seems to be."""

from __future__ import annotations

from datetime import datetime

import pytest
from pydantic import ValidationError

from connect.excel import Sheet
from connect.guess import fields_of
from core.forms.definition import FieldDef, Form

COLUMNS = {
    "客户名称*": ["鸿达", "永昌", "新源", "华茂", "瑞丰", "中天"],
    "电话": [13800138000, "13900139000", "13700137000", "13600136000", "13500135000", "13400134000"],
    "等级": ["A", "B", "A", "A", "B", "C"],
    "订单金额": [100, 20.5, 3, 4, 5, 6],
    "数量": [1, 2, 3, 4, None, 6],
    "日期": [datetime(2026, 11, day) for day in range(1, 7)],
    "约定时间": [datetime(2026, 11, day, 9, 30) for day in range(1, 7)],
    "已付": ["是", "否", "是", "是", "否", "否"],
    "备注": ["很长" * 40, "", "", "", "", ""],
    "空列": [""] * 6,
    "": ["无名"] * 6,
}


def test_columns_become_fields_of_the_type_that_their_cells_have():
    sheet = Sheet("客户", list(COLUMNS), [list(row) for row in zip(*COLUMNS.values(), strict=True)])

    found = {one["label"]: one for one in fields_of(sheet)}

    assert {label: one["type"] for label, one in found.items()} == {
        "客户名称": "text",
        "电话": "phone",
        "等级": "select",
        "订单金额": "money",
        "数量": "number",
        "日期": "date",
        "约定时间": "datetime",
        "已付": "switch",
        "备注": "text",
        "空列": "text",
    }
    assert found["等级"]["options"] == ["A", "B", "C"]
    assert found["数量"].get("required") is None
    assert found["客户名称"]["required"]
    assert found["备注"]["lines"] == 3
    Form(form="x", title="客户", fields=tuple(FieldDef(**one) for one in found.values()))


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["a@b.cn", "c@d.com"], "email"),
        (["https://a.cn/x"], "url"),
        (["13800138000", "075588886666"], "phone"),
        ([13800138000], "phone"),
        (["11010519491231002X"], "id_card"),
    ],
)
def test_shapes(cells: list[object], type_: str):
    assert fields_of(Sheet("x", ["列"], [[one] for one in cells]))[0]["type"] == type_


def test_many_columns_and_doubles_are_left_out():
    sheet = Sheet("x", ["甲", "甲", *(f"列{n}" for n in range(80))], [])

    found = fields_of(sheet)

    assert len(found) == 59
    try:
        Form(form="x", title="x", fields=tuple(FieldDef(**one) for one in found))
    except ValidationError as error:
        pytest.fail(str(error))
