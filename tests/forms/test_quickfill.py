"""A sentence behind a form's name: what it fills, what is said about it. No store."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.forms.definition import Form
from core.forms.fields import Reading
from core.forms.quickfill import quick_fill
from core.forms.spokendates import day_of, days_between
from core.people import Department, Directory, Person
from tests.company import SHANGHAI

TODAY = date(2026, 11, 24)  # a Tuesday
PEOPLE = Directory(
    people={
        one.id: one
        for one in (Person("chen", "陈主管", department="d1"), Person("li", "小李", department="d1"))
    },
    departments={"d1": Department("d1", "销售部")},
)
CLAIM = Form.model_validate(
    {
        "form": "claim",
        "title": "报销",
        "fields": [
            {"key": "reason", "label": "事由", "type": "text", "max": 20},
            {"key": "who", "label": "同行人", "type": "member"},
            {"key": "unit", "label": "部门", "type": "department"},
            {"key": "urgent", "label": "加急", "type": "switch"},
            {"key": "tags", "label": "标签", "type": "multi_select", "options": ["甲", "乙", "丙"]},
            {"key": "hours", "label": "时长", "type": "number", "unit": "小时", "decimals": 1},
            {"key": "phone", "label": "电话", "type": "phone"},
            {"key": "shop", "label": "商家", "type": "link", "to": "shop"},
            {"key": "total", "label": "合计", "type": "money", "formula": "SUM(明细.金额)"},
            {
                "key": "items",
                "label": "明细",
                "type": "subtable",
                "fields": [
                    {"key": "spent_on", "label": "日期", "type": "date"},
                    {
                        "key": "kind",
                        "label": "类别",
                        "type": "select",
                        "options": [{"value": "交通", "words": ["打车"]}, "住宿"],
                    },
                    {"key": "amount", "label": "金额", "type": "money", "min": "0.01"},
                ],
            },
        ],
    }
)
LEAVE = Form.model_validate(
    {
        "form": "leave",
        "title": "请假",
        "fields": [
            {"key": "first", "label": "开始", "type": "date"},
            {"key": "last", "label": "结束", "type": "date"},
            {"key": "days", "label": "天数", "type": "number", "unit": "天", "decimals": 1},
        ],
    }
)


def records(_form: str, text: str) -> list[tuple[str, str]]:
    return {"鸿达": [("R1", "鸿达公司")], "永辉": [("R2", "永辉一店"), ("R3", "永辉二店")]}.get(text, [])


ASKING = Reading(PEOPLE, find_records=records, zone=SHANGHAI)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (
            "打车 86.5 昨天 客户拜访",
            {"reason": "客户拜访", "items": [{"kind": "交通", "amount": "86.50", "spent_on": "2026-11-23"}]},
        ),
        ("¥1,286.50 住宿", {"items": [{"amount": "1286.50", "kind": "住宿"}]}),
        ("1.2万元", {"items": [{"amount": "12000.00"}]}),
        ("2.5小时 陈主管 销售部 加急", {"hours": "2.5", "who": "chen", "unit": "d1", "urgent": True}),
        ("甲 丙 13812345678", {"tags": ["甲", "丙"], "phone": "13812345678"}),
        ("鸿达 拜访 新客户", {"shop": "R1", "reason": "拜访 新客户"}),
        ("金额:99 事由=去 银行", {"reason": "去", "items": [{"amount": "99.00"}]}),
        ("20号，住宿；300", {"items": [{"spent_on": "2026-11-20", "kind": "住宿", "amount": "300.00"}]}),
    ],
)
def test_a_sentence_fills_the_form(words: str, values: dict[str, Any]) -> None:
    assert quick_fill(CLAIM, words, ASKING, TODAY).values == values


def test_what_is_not_used_is_said() -> None:
    """Two figures for one field, a name that is not unique, too many decimals, a text that is too long."""
    found = quick_fill(CLAIM, "86.555 永辉 " + "很长" * 20, ASKING, TODAY)
    assert found.values == {}
    assert found.missed == (
        "「86.555」：明细·金额最多 2 位小数",
        "「永辉」：商家有 2 条，请在页面上选",
        "「很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长」：事由最多 20 个字，现在有 40 个",
    )

    second = quick_fill(CLAIM, "10 20 30", ASKING, TODAY)
    assert second.told == (("明细·金额", "10.00"), ("时长", "20 小时"), ("事由", "30"))


def test_spans_fill_two_dates() -> None:
    found = quick_fill(LEAVE, "明天到周五 3天 回老家", ASKING, TODAY)
    assert found.values == {"first": "2026-11-25", "last": "2026-11-27", "days": "3.0"}
    assert found.missed == ("「回老家」没有看懂，没有填",)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昨天", date(2026, 11, 23)),
        ("上周五", date(2026, 11, 20)),
        ("周日", date(2026, 11, 29)),
        ("下下周一", date(2026, 12, 7)),
        ("1月5日", date(2027, 1, 5)),
        ("8-9", date(2026, 8, 9)),
        ("2026年2月28日", date(2026, 2, 28)),
        ("31号", None),  # November has none
        ("2月30日", None),
        ("86.5", None),
    ],
)
def test_days_as_people_say_them(text: str, day: date | None) -> None:
    assert day_of(text, TODAY) == day


def test_a_span_that_runs_backwards_is_none() -> None:
    assert days_between("后天到明天", TODAY) is None
    assert days_between("11-26~12-2", TODAY) == (date(2026, 11, 26), date(2026, 12, 2))
