"""A decision table as CSV and back: the grid that people edit in a spreadsheet. First line: the column names."""

from __future__ import annotations

import csv
import io
from typing import Any

import yaml

from core.errors import UserError
from core.rules.table import DecisionTable


def to_csv(table: DecisionTable) -> str:
    """UTF-8 text with a byte order mark, as spreadsheets want it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*table.inputs, *(f"→{one.label}" for one in table.outputs)])
    for row in table.rows:
        writer.writerow([_cell(one) for one in row])
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def rows_from_csv(table: DecisionTable, text: str) -> list[list[str]]:
    """The rows of an edited grid. Raises UserError when its columns are not those of the table."""
    lines = [
        row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if any(one.strip() for one in row)
    ]
    wanted = [*table.inputs, *(f"→{one.label}" for one in table.outputs)]
    if not lines or [one.strip() for one in lines[0]] != wanted:
        raise UserError("bad_csv", f"第一行要是：{'，'.join(wanted)}")
    rows = []
    for number, row in enumerate(lines[1:], 2):
        if len(row) != len(wanted):
            raise UserError("bad_csv", f"第 {number} 行有 {len(row)} 格，要 {len(wanted)} 格")
        rows.append([one.strip() or "-" for one in row])
    return rows


def with_rows(source: str, rows: list[list[str]]) -> str:
    """The YAML text of a table with other rows: the lines of `rows:` are replaced, the rest stays as it was."""
    lines = source.splitlines(keepends=True)
    start = next((index for index, line in enumerate(lines) if line.startswith("rows:")), None)
    if start is None:
        raise UserError("bad_csv", "定义里没有 rows:")
    end = start + 1
    while end < len(lines) and (lines[end].startswith((" ", "-", "#", "\t")) or not lines[end].strip()):
        end += 1
    body = "".join(f"  - {_flow(row)}\n" for row in rows)
    return "".join(lines[:start]) + "rows:\n" + body + "".join(lines[end:])


def _flow(row: list[str]) -> str:
    return str(yaml.safe_dump(row, allow_unicode=True, default_flow_style=True, width=100_000)).strip()
