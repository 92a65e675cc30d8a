"""Dates, typed in the ways people write them: 2026-11-24, 2026/11/24, 2026年11月24日, 20261124."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_DATE = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?$")


def read(_field: FieldDef, raw: Any, _reading: Reading) -> date | None:
    """The date; a time behind it is dropped."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str):
        raise WrongValue("应当是日期，例如 2026-11-24")
    text = raw.strip()
    if not text:
        return None
    found = _DATE.match(re.split(r"[T ]\d{1,2}:", text)[0])
    if found is None:
        raise WrongValue(f"「{text[:20]}」不是日期，请写成 2026-11-24")
    try:
        value = date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise WrongValue(f"没有「{text[:20]}」这一天") from error
    if not 1900 <= value.year <= 2200:
        raise WrongValue(f"「{text[:20]}」的年份不对")
    return value


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """ISO, as everywhere in the product."""
    return str(value.isoformat())


def plain(value: Any) -> Any:
    """ISO text."""
    return None if value is None else value.isoformat()


DATE = FieldKind("date", "日期", Kind.DATE, ("default", "formula"), read, show, plain)
