"""The fields of a form that a spreadsheet would fill: one a column, its type guessed from the cells below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connect.excel import Sheet

LOOKED_AT = 200
MOST_FIELDS = 60
FEWEST_FOR_CHOICE = 6
MOST_CHOICES = 8
LONG = 60
_MONEY = re.compile(r"金额|单价|价格|费用|合计|总价|money|price|amount", re.IGNORECASE)
_SHAPES = (
    ("phone", re.compile(r"^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})$")),
    ("email", re.compile(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", re.IGNORECASE)),
    ("id_card", re.compile(r"^[1-9]\d{16}[\dXx]$")),
    ("url", re.compile(r"^https?://\S+$")),
)


def fields_of(sheet: Sheet) -> list[dict[str, Any]]:
    """Definitions of fields, as YAML holds them. Columns without a title are left out."""
    found: list[dict[str, Any]] = []
    labels: set[str] = set()
    for index, title in enumerate(sheet.titles[:MOST_FIELDS]):
        label = re.sub(r"[【】{}\s]", "", title).rstrip("*")[:40]
        if not label or label in labels:
            continue
        labels.add(label)
        cells = [row[index] for row in sheet.rows[:LOOKED_AT] if index < len(row)]
        filled = [one for one in cells if one not in (None, "")]
        found.append({"key": f"field_{len(found) + 1}", "label": label, **_type(label, filled, len(cells))})
    return found


def _type(label: str, cells: Sequence[Any], rows: int) -> dict[str, Any]:
    needed = {"required": True} if cells and len(cells) == rows else {}
    if cells and all(isinstance(one, bool) or one in ("是", "否") for one in cells):
        return {"type": "switch"}
    if cells and all(isinstance(one, (int, float, Decimal)) for one in cells):
        return _number(label, cells) | needed
    if cells and all(isinstance(one, (date, datetime)) for one in cells):
        moments = any(isinstance(one, datetime) and (one.hour or one.minute) for one in cells)
        return {"type": "datetime" if moments else "date"} | needed
    return _text([str(one).strip() for one in cells]) | needed


def _number(label: str, cells: Sequence[Any]) -> dict[str, Any]:
    if all(re.match(r"^1[3-9]\d{9}$", str(one)) for one in cells):
        return {"type": "phone"}
    if _MONEY.search(label):
        return {"type": "money"}
    whole = all(Decimal(str(one)) == Decimal(str(one)).to_integral() for one in cells)
    return {"type": "number", **({"decimals": 0} if whole else {})}


def _text(cells: Sequence[str]) -> dict[str, Any]:
    for kind, shape in _SHAPES:
        if cells and all(shape.match(one) for one in cells):
            return {"type": kind}
    different = list(dict.fromkeys(cells))
    few = len(different) <= min(MOST_CHOICES, len(cells) // 2) and all(len(one) <= LONG for one in different)
    if len(cells) >= FEWEST_FOR_CHOICE and few:
        return {"type": "select", "options": different}
    return {"type": "text", **({"lines": 3} if any(len(one) > LONG for one in cells) else {})}
