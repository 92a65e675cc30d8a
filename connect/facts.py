"""What a printed template may name: the values of a record under their labels and keys, and what is around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.expressions.money import LIMIT, capitals
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.storage import Record
from core.forms.text import show

_UNFIT = re.compile(r"\W")
SYSTEM = {
    "公司": "公司名称",
    "表单": "表单名称",
    "编号": "单据编号",
    "状态": "单据状态",
    "创建人": "提交人",
    "创建时间": "提交时间",
    "打印人": "谁在打印",
    "打印时间": "打印的时间",
    "二维码": "扫码打开这张单据（图片）",
}
TRAIL = {"时间": "处理时间", "人员": "处理人", "处理": "同意、拒绝…", "意见": "写的意见"}


class Shown(str):
    """A value as people read it, which remembers what it is: a number or a day for a spreadsheet's cell."""

    __slots__ = ("raw",)
    raw: Decimal | date | datetime | None

    def __new__(cls, text: str, raw: Any = None) -> Shown:
        """The text; `raw` only where a cell can hold it as such."""
        found = super().__new__(cls, text)
        found.raw = raw if isinstance(raw, (Decimal, date)) else None
        return found


def word(label: str) -> str:
    """A label as a template can write it: 单价（元） is 单价_元_."""
    found = _UNFIT.sub("_", label)
    return f"_{found}" if found[:1].isdigit() else found


def facts(
    form: Form, record: Record, names: Names, trail: Sequence[dict[str, str]], system: dict[str, Any]
) -> dict[str, Any]:
    """Everything that a template of the form may name, for one record."""
    found: dict[str, Any] = {**_row(form.fields, record.values, names), **system}
    for table in form.subtables:
        rows = [
            {"序号": str(index), **_row(table.fields, row, names)}
            for index, row in enumerate(record.values.get(table.key) or [], 1)
        ]
        found[table.key] = found[word(table.label)] = rows
    found["审批记录"] = list(trail)
    return found


def _row(fields: Sequence[FieldDef], values: Any, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields:
        if one.layout or one.type == "subtable":
            continue
        value = values.get(one.key)
        shown = Shown(show(one, value, names), value)
        found[one.key] = found[word(one.label)] = shown
        if one.base.type == "money":
            found[f"{word(one.label)}_大写"] = found[f"{one.key}_大写"] = _capitals(value)
    return found


def _capitals(value: Any) -> str:
    return capitals(value) if value is not None and abs(value) < LIMIT else ""


def known(form: Form) -> dict[str, set[str]]:
    """Every name that a template of the form may use; below a sub-table's name the names of its columns."""
    found: dict[str, set[str]] = {name: set() for name in SYSTEM}
    found["审批记录"] = set(TRAIL)
    for one in form.fields:
        if one.type == "subtable":
            inner = {"序号", *(name for child in one.fields for name in _names(child))}
            found[one.key] = found[word(one.label)] = inner
        else:
            found |= {name: set() for name in _names(one)}
    return found


def blank(names: dict[str, set[str]]) -> dict[str, Any]:
    """Empty values for every name: a template is tried with them when it is uploaded."""
    return {
        name: [dict.fromkeys(columns, Shown(""))] if columns else Shown("") for name, columns in names.items()
    }


def _names(one: FieldDef) -> list[str]:
    if one.layout:
        return []
    own = [one.key, word(one.label)]
    return own + [f"{name}_大写" for name in own] if one.base.type == "money" else own


def listed(form: Form) -> list[dict[str, Any]]:
    """The list beside the upload: what to write, and what comes there."""
    rows: list[dict[str, Any]] = [{"write": f"{{{{ {k} }}}}", "what": v} for k, v in SYSTEM.items()]
    for one in form.fields:
        if one.layout:
            continue
        name = word(one.label)
        if one.type != "subtable":
            rows += [
                {"write": f"{{{{ {n} }}}}", "what": one.label}
                for n in _names(one)
                if not n.startswith(one.key)
            ]
            continue
        inner = [n for child in one.fields for n in _names(child) if not n.startswith(child.key)]
        rows.append({"write": name, "what": f"{one.label}（子表）", "columns": ["序号", *inner]})
    rows.append({"write": "审批记录", "what": "审批记录（逐条）", "columns": list(TRAIL)})
    return rows
