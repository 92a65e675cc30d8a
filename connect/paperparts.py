"""The parts of a printed sheet: facts two a line, sub-tables with totals, the approval trail, the places to sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from core.expressions.money import LIMIT, capitals
from core.forms.codes import code_data
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.storage import Record
from core.forms.text import adds_up, show

WIDE = ("rich_text", "address", "attachment", "image", "subtable", "links")
MOST_SIGNERS = 4


def sections(form: Form, record: Record, names: Names) -> list[str]:
    """The fields in their order: facts two a line, each sub-table as a table of its own, headings where they stand."""
    found: list[str] = []
    waiting: list[tuple[str, str, bool]] = []
    for one in form.fields:
        if one.type in ("section", "tab", "subtable"):
            found += _facts(waiting)
            waiting = []
        if one.type in ("section", "tab"):
            found.append(f"<h2>{escape(one.label)}</h2>")
        elif one.type == "subtable":
            values = record.values.get(one.key) or []
            found.append(f"<h2>{escape(one.label)}</h2>{rows(one, values, names)}")
        elif not one.layout and one.type != "backlinks":
            waiting.append((one.label, shown(one, record.values.get(one.key), names), _wide(one)))
    return found + _facts(waiting)


def _wide(one: FieldDef) -> bool:
    """It takes a line of its own: as its definition says, or because its values are long."""
    large = one.base.type in WIDE or one.lines > 1 or (one.type == "money" and one.capital)
    if one.width:
        return large or one.width == "full"
    long_text = one.base.type == "text" and ((one.max or 0) > 60 or one.formula is not None)
    return large or long_text


def shown(one: FieldDef, value: Any, names: Names) -> str:
    """A value as HTML."""
    if one.type == "barcode" and value:
        return f'<img class="{"qr" if one.code == "qr" else "bars"}" alt="" src="{code_data(one.code, str(value))}">'
    text = escape(show(one, value, names)).replace("\n", "<br>")
    if one.type == "money" and one.capital and value is not None and abs(value) < LIMIT:
        text += f'<span class="cn">大写：{escape(capitals(value))}</span>'
    return text


def _facts(waiting: Sequence[tuple[str, str, bool]]) -> list[str]:
    if not waiting:
        return []
    lines: list[str] = []
    left: tuple[str, str] | None = None
    for label, text, wide in waiting:
        if wide:
            lines += [_line(left)] if left else []
            lines.append(_line((label, text)))
            left = None
        elif left:
            lines.append(_line(left, (label, text)))
            left = None
        else:
            left = (label, text)
    lines += [_line(left)] if left else []
    columns = '<col class="l"><col><col class="l"><col>'
    return [f'<table class="facts"><colgroup>{columns}</colgroup>{"".join(lines)}</table>']


def _line(*facts: tuple[str, str]) -> str:
    """One fact over the whole line, or two side by side."""
    span = ' colspan="3"' if len(facts) == 1 else ""
    cells = "".join(f"<th>{escape(label)}</th><td{span}>{text}</td>" for label, text in facts)
    return f"<tr>{cells}</tr>"


def rows(table: FieldDef, values: Sequence[dict[str, Any]], names: Names) -> str:
    """A sub-table with its totals."""
    columns = [one for one in table.fields if not one.layout]
    head = "".join(f'<th class="{_side(one)}">{escape(one.label)}</th>' for one in columns)
    body = "".join(
        f'<tr><td class="no">{index}</td>'
        + "".join(f'<td class="{_side(c)}">{shown(c, row.get(c.key), names)}</td>' for c in columns)
        + "</tr>"
        for index, row in enumerate(values, 1)
    )
    body = body or f'<tr><td class="no"></td><td colspan="{len(columns)}">（没有明细）</td></tr>'
    sums = [one.key for one in columns if adds_up(one)]
    totals = ""
    if values and sums:
        cells = "".join(
            f'<td class="{_side(c)}">{_sum(c, values, names) if c.key in sums else ""}</td>' for c in columns
        )
        totals = f'<tr class="total"><td class="no">计</td>{cells}</tr>'
    return (
        f'<table class="rows"><thead><tr><th class="no">序</th>{head}</tr></thead>'
        f"<tbody>{body}{totals}</tbody></table>"
    )


def _sum(one: FieldDef, values: Sequence[dict[str, Any]], names: Names) -> str:
    return escape(show(one, sum(row.get(one.key) or 0 for row in values), names))


def _side(one: FieldDef) -> str:
    return "n" if one.base.type in ("number", "money") else ""


def trail(flow: dict[str, Any], names: Names) -> str:
    """Who decided what and when, with the words they left."""
    lines = "".join(
        f"<tr><td>{escape(when(one.get('at'), names))}</td><td>{escape(one.get('step') or '')}</td>"
        f"<td>{escape(str(one.get('who') or ''))}</td>"
        f"<td>{escape(str(one.get('text') or ''))}</td><td>{escape(str(one.get('comment') or ''))}</td></tr>"
        for one in flow["timeline"]
    )
    return (
        '<h2>审批记录</h2><table class="trail"><thead><tr><th>时间</th><th>环节</th><th>人员</th><th>处理</th>'
        f"<th>意见</th></tr></thead><tbody>{lines}</tbody></table>"
    )


def signatures(document: dict[str, Any], flows: Sequence[dict[str, Any]], names: Names) -> str:
    """Places to sign by hand: who made it, and each approver with what they decided in the system."""
    cells = [("经办人", document["created_by"], when(document["created_at"], names))]
    for flow in flows[:1]:
        done = [one for one in flow["timeline"] if one["action"] in ("done", "refused", "active")]
        cells += [(one["step"] or "审批", one["who"], _decided(one, names)) for one in done]
    if len(cells) == 1:
        cells += [("审核", "", ""), ("批准", "", "")]
    cells = cells[: MOST_SIGNERS + 1]
    heads = "".join(f"<th>{escape(role)}</th>" for role, _, _ in cells)
    lines = "".join('<td class="sign"><i>签字</i></td>' for _ in cells)
    under = "".join(
        f"<td>{escape(who) or '&nbsp;'}<br><small>{escape(at) or '&emsp;年&emsp;月&emsp;日'}</small></td>"
        for _, who, at in cells
    )
    return f'<table class="signs"><tr>{heads}</tr><tr>{lines}</tr><tr>{under}</tr></table>'


def _decided(one: dict[str, Any], names: Names) -> str:
    if one["action"] == "active":
        return ""
    return f"{one['text']} {when(one.get('at'), names)}"


def when(at: str | None, names: Names) -> str:
    """An instant of JSON in the house's zone."""
    if not at:
        return ""
    return f"{datetime.fromisoformat(at.replace('Z', '+00:00')).astimezone(names.zone):%Y-%m-%d %H:%M}"
