"""Word and Excel templates filled in: docxtpl and openpyxl, jinja in a sandbox that can only put values in place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import DictLoader, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from openpyxl import load_workbook
from openpyxl.drawing.image import Image
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from connect.facts import Shown
from core.errors import UserError

LARGEST = 5 * 1024 * 1024
UNPACKED = 60 * 1024 * 1024
FILTERS = ("default", "d", "length", "join", "upper", "lower", "trim", "first", "last")
MOST_ROWS = 2_000
_MARK = re.compile(r"\{\{(.+?)\}\}|\{%.+?%\}")
_ROW_OF = re.compile(r"\{\{\s*(\w+)\.(\w+)\s*\}\}")
_OUTSIDE = re.compile(rb'TargetMode\s*=\s*"External"')
_HYPERLINK = re.compile(rb"<Relationship\b[^>]*>")


class Sandbox(ImmutableSandboxedEnvironment):
    """Names, dots, loops and conditions; no globals, few filters, no arithmetic that could grow without end."""

    intercepted_binops = frozenset(["*", "**", "+", "-", "/", "//", "%"])

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=Undefined, loader=DictLoader({}))
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """No arithmetic."""
        raise UserError("bad_template", f"模板里不能计算（{operator}），请在表单里加公式字段。")

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is called."""
        return False


def look_at(body: bytes, kind: str) -> None:
    """Refuse a file that is no template, unpacks to far too much, runs macros or fetches from outside."""
    if len(body) > LARGEST:
        raise UserError("file_too_large", f"模板文件太大，最多 {LARGEST // 1024 // 1024} MB。")
    try:
        with ZipFile(BytesIO(body)) as packed:
            names = {one.filename for one in packed.infolist()}
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                raise UserError("file_too_large", "模板文件解开后太大。")
            wanted = "word/document.xml" if kind == "docx" else "xl/workbook.xml"
            if wanted not in names:
                raise UserError("bad_template", f"这不是 .{kind} 文件，请另存为 .{kind} 再上传。")
            if any("vbaproject" in name.lower() for name in names):
                raise UserError("bad_template", "模板里不能有宏，请另存为不带宏的文件。")
            for name in names:
                if name.endswith(".rels"):
                    _inside(packed.read(name))
    except BadZipFile as error:
        raise UserError("bad_template", f"这不是 .{kind} 文件，或者文件已损坏。") from error


def _inside(relations: bytes) -> None:
    for one in _HYPERLINK.findall(relations):
        if _OUTSIDE.search(one) and b"/hyperlink" not in one:
            raise UserError("bad_template", "模板引用了外部的图片或文件，请改为插入到模板里。")


def unknown(body: bytes, kind: str, known: Mapping[str, set[str]]) -> list[str]:
    """Names that a template uses and the form does not have. Raises UserError where it cannot be read."""
    try:
        if kind == "docx":
            used = DocxTemplate(BytesIO(body)).get_undeclared_template_variables(jinja_env=Sandbox())
            return sorted(name for name in used if name not in known)
        return sorted(set(_sheet_unknown(body, known)))
    except TemplateError as error:
        raise UserError("bad_template", f"模板里的标记写法不对：{error}") from error
    except (KeyError, ValueError, OSError) as error:
        raise UserError("bad_template", "模板打不开，请用 Word 或 Excel 重新保存后再上传。") from error


def _sheet_unknown(body: bytes, known: Mapping[str, set[str]]) -> list[str]:
    found = []
    for sheet in load_workbook(BytesIO(body)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                for mark in _MARK.finditer(cell.value) if isinstance(cell.value, str) else ():
                    name, _, column = (mark[1] or mark[0]).strip().partition(".")
                    if name not in known or (column and column not in known[name]):
                        found.append((mark[1] or mark[0]).strip())
    return found


def fill(body: bytes, kind: str, facts: Mapping[str, Any], code: bytes) -> bytes:
    """The template with a record's values; `code` is the QR picture. Raises UserError with what is wrong."""
    try:
        return _document(body, facts, code) if kind == "docx" else _workbook(body, facts, code)
    except TemplateError as error:
        raise UserError("bad_template", f"模板里的标记写法不对：{error}") from error


def _document(body: bytes, facts: Mapping[str, Any], code: bytes) -> bytes:
    template = DocxTemplate(BytesIO(body))
    picture = InlineImage(template, BytesIO(code), width=Mm(22))
    template.render({**facts, "二维码": picture}, jinja_env=Sandbox(), autoescape=True)
    out = BytesIO()
    template.save(out)
    return out.getvalue()


def _workbook(body: bytes, facts: Mapping[str, Any], code: bytes) -> bytes:
    book = load_workbook(BytesIO(body))
    for sheet in book.worksheets:
        line = 1
        while line <= min(sheet.max_row, MOST_ROWS):
            line += _line(sheet, line, facts, code)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _line(sheet: Worksheet, line: int, facts: Mapping[str, Any], code: bytes) -> int:
    """Fill one line; one that names a sub-table's columns comes once for each of its rows. How many lines it is now."""
    texts = [cell.value for cell in sheet[line] if isinstance(cell.value, str)]
    tables = [
        mark[1] for text in texts for mark in _ROW_OF.finditer(text) if isinstance(facts.get(mark[1]), list)
    ]
    if not tables:
        _cells(sheet, line, facts, code)
        return 1
    rows = facts[tables[0]]
    if len(rows) > 1:
        _repeat(sheet, line, len(rows) - 1)
    for index, row in enumerate(rows or [{}]):
        _cells(sheet, line + index, {**facts, tables[0]: row}, code)
    return max(1, len(rows))


def _cells(sheet: Worksheet, line: int, facts: Mapping[str, Any], code: bytes) -> None:
    for cell in sheet[line]:
        if not isinstance(cell.value, str) or "{{" not in cell.value:
            continue
        if cell.value.strip().strip("{} ") == "二维码":
            cell.value = None
            picture = Image(BytesIO(code))
            picture.width = picture.height = 84
            sheet.add_image(picture, cell.coordinate)
            continue
        only = _MARK.fullmatch(cell.value.strip())
        value = (
            _look(only[1], facts) if only else _MARK.sub(lambda one: str(_look(one[1], facts)), cell.value)
        )
        raw = value.raw if isinstance(value, Shown) else None
        if isinstance(raw, Decimal):
            cell.value = float(raw)
        elif isinstance(raw, date) and not isinstance(raw, datetime):
            cell.value = raw
            cell.number_format = "yyyy-mm-dd" if cell.number_format == "General" else cell.number_format
        else:
            cell.value = str(value)[:32_000]
            cell.data_type = "s"  # what somebody typed never becomes a formula


def _look(name: str | None, facts: Mapping[str, Any]) -> Any:
    """A name, or a name of a row's column; text for what is not there."""
    first, _, column = (name or "").strip().partition(".")
    value = facts.get(first, "")
    if column:
        value = value.get(column, "") if isinstance(value, Mapping) else ""
    return value if isinstance(value, str) else ""


def _repeat(sheet: Worksheet, line: int, more: int) -> None:
    """Lines below that look the same; what stands further down moves, merged cells and heights with it."""
    merged = [str(one) for one in sheet.merged_cells.ranges]
    for area in merged:
        sheet.unmerge_cells(area)
    heights = {n: one.height for n, one in sheet.row_dimensions.items() if one.height is not None}
    sheet.insert_rows(line + 1, more)
    for n, height in heights.items():
        sheet.row_dimensions[n + more if n > line else n].height = height
    for extra in range(line + 1, line + 1 + more):
        sheet.row_dimensions[extra].height = heights.get(line)
        for column in range(1, sheet.max_column + 1):
            one: Any = sheet.cell(line, column)
            other: Any = sheet.cell(extra, column)
            other.value, other._style = one.value, copy(one._style)
    for area in merged:
        left, top, right, bottom = (edge or 1 for edge in range_boundaries(area))
        down = more if top > line else 0
        lines = range(line, line + more + 1) if top == bottom == line else [top + down]
        for start in lines:
            sheet.merge_cells(
                start_row=start, end_row=start + bottom - top, start_column=left, end_column=right
            )
