"""A spreadsheet as rows of one sub-table: its titles matched to columns, its cells as texts, as if they were pasted."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import StringIO
from typing import Any

from connect import excel
from connect.excel import Sheet
from core.errors import UserError
from core.forms.definition import FieldDef

LARGEST = 5 * 1024 * 1024
BINARY = (b"PK", b"\xd0\xcf\x11\xe0")  # xlsx and ods, xls
YES, NO = "是", "否"


@dataclass(frozen=True)
class RowTexts:
    """keys  the columns that the file fills;  rows  their texts;  total  rows in the file;  unknown  other titles."""

    keys: list[str]
    rows: list[list[str]]
    total: int
    unknown: list[str]


def row_texts(table: FieldDef, name: str, body: bytes) -> RowTexts:
    """The sheet that names most columns of the sub-table. Raises UserError when none does."""
    sheets = [_separated(name, body)] if _is_text(name, body) else excel.read(body)
    sheet = max(sheets, key=lambda one: len(_matched(table, one.titles)))
    matched = _matched(table, sheet.titles)
    if not matched:
        labels = "、".join(one.label for one in table.fields if not one.layout)[:120]
        raise UserError("no_columns", f"第一行没有「{table.label}」的列名，可用的列名：{labels}")
    lines = [[text_of(row[at]) if at < len(row) else "" for at in matched] for row in sheet.rows]
    filled = [line for line in lines if any(line)]
    if not filled:
        raise UserError("empty_sheet", "文件里只有列名，没有数据。")
    unknown = [title for at, title in enumerate(sheet.titles) if title and at not in matched]
    return RowTexts(list(matched.values()), filled[: table.rows[1] or None], len(filled), unknown)


def _matched(table: FieldDef, titles: Sequence[str]) -> dict[int, str]:
    """Place → key of the column whose label or key stands there; a column is filled once."""
    known = {_plain(name): one.key for one in table.fields if not one.layout for name in (one.key, one.label)}
    found: dict[int, str] = {}
    for at, title in enumerate(titles):
        key = known.get(_plain(title))
        if key is not None and key not in found.values():
            found[at] = key
    return found


def _plain(title: str) -> str:
    """Without the star of a required column, and as good as the same to a reader."""
    return "".join(title.split()).strip("*＊").casefold().replace("（", "(").replace("）", ")")


def text_of(cell: Any) -> str:
    """A cell as one would type it."""
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return "" if cell is None else str(cell)


def _is_text(name: str, body: bytes) -> bool:
    return name.lower().endswith((".csv", ".txt", ".tsv")) and not body.startswith(BINARY)


def _separated(name: str, body: bytes) -> Sheet:
    """A file of commas or tabs, in UTF-8 or as Chinese Excel saves it."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("gb18030", errors="replace")
    first = text.lstrip().partition("\n")[0]
    try:
        lines = list(csv.reader(StringIO(text, newline=""), delimiter="\t" if "\t" in first else ","))
    except csv.Error as error:
        raise UserError("no_sheet", "这个 CSV 文件读不出来，请另存为 Excel 再试。") from error
    lines = [[cell.strip() for cell in line] for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise UserError("empty_sheet", "文件里没有数据，第一行应当是列名。")
    if len(lines) > excel.MOST_ROWS:
        raise UserError("too_many_rows", f"一次最多导入 {excel.MOST_ROWS} 行，请分成几个文件。")
    return Sheet(name, lines[0], lines[1:])
