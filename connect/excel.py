"""Excel in and out: XlsxWriter writes, python-calamine reads. Text stays text: no cell ever becomes a formula."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from core.errors import UserError
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.fields.dates import show_moment
from core.forms.storage import Record
from core.forms.text import linked_ids, show
from core.queries.records import state_text
from core.store.work import UnitOfWork

NUMBER, STATE, PARENT, ROW = "编号", "状态", "所属编号", "行号"
MOST_ROWS = 100_000
MOST_CELLS = 2_000_000
EXACT_DIGITS = 15  # a spreadsheet keeps no more of a number


@dataclass(frozen=True)
class Sheet:
    """One sheet that was read: its title row and the rows below, cells as Python values."""

    name: str
    titles: list[str]
    rows: list[list[Any]] = field(repr=False)


def read(body: bytes) -> list[Sheet]:
    """The sheets of an xlsx, xls or ods file. Raises UserError when it is none or far too large."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(body))
        found = [_sheet(book, name) for name in book.sheet_names]
    except (CalamineError, ValueError, OSError) as error:
        raise UserError("no_sheet", "这不是 Excel 文件（支持 xlsx、xls、ods），或者文件已损坏。") from error
    found = [one for one in found if one.titles]
    if not found:
        raise UserError("empty_sheet", "文件里没有数据，第一行应当是列名。")
    if sum(len(one.rows) for one in found) > MOST_ROWS:
        raise UserError("too_many_rows", f"一次最多导入 {MOST_ROWS} 行，请分成几个文件。")
    return found


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise UserError("too_many_cells", "表格太大，请删去空行空列后再导入。")
    rows = sheet.to_python(skip_empty_area=True)
    if not rows:
        return Sheet(name, [], [])
    titles = [str(cell).strip() for cell in rows[0]]
    return Sheet(name, titles, [[cell_value(one) for one in row] for row in rows[1:]])


def cell_value(cell: Any) -> Any:
    """A cell as forms read it: floats lose the noise beyond 15 digits, empty is None."""
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return str(cell)
        return int(cell) if cell.is_integer() and abs(cell) < 10**15 else format(Decimal(f"{cell:.15g}"), "f")
    if isinstance(cell, str):
        return cell.strip() or None
    return cell


def columns(form_fields: Sequence[FieldDef]) -> list[FieldDef]:
    """The fields that stand in a sheet's columns."""
    skip = ("subtable", "backlinks", "rich_text")
    return [one for one in form_fields if not one.layout and one.type not in skip]


def importable(one: FieldDef) -> bool:
    """Whether a sheet may fill the field."""
    return not (one.layout or one.computed or one.type in ("attachment", "image", "backlinks"))


class Writer:
    """A workbook being written; text never becomes a formula or a link."""

    def __init__(self) -> None:
        self._out = BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        }
        self.book = xlsxwriter.Workbook(self._out, options)
        self.head = self.book.add_format({"bold": True, "bg_color": "#F2F3F5", "border": 1})
        self.wrong = self.book.add_format({"bg_color": "#FDE2E2"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._names: set[str] = set()

    def sheet(self, name: str, titles: Sequence[str]) -> Any:
        """A new sheet with a frozen row of titles."""
        clean = "".join("_" if letter in "[]:*?/\\" else letter for letter in name)[:28].strip("'") or "表"
        while clean.lower() in self._names:
            clean = f"{clean[:26]}_{len(self._names)}"
        self._names.add(clean.lower())
        made = self.book.add_worksheet(clean)
        made.freeze_panes(1, 0)
        for index, title in enumerate(titles):
            made.write_string(0, index, title, self.head)
        made.set_column(0, max(0, len(titles) - 1), 16)
        return made

    def put(self, sheet: Any, row: int, column: int, value: Any) -> None:
        """One cell."""
        if value is None or value == "":
            return
        if isinstance(value, Decimal) and len(value.as_tuple().digits) <= EXACT_DIGITS:
            sheet.write_number(row, column, float(value))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self.moment)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self.day)
        elif isinstance(value, int) and not isinstance(value, bool):
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, str(value)[:32_000])

    def bytes(self) -> bytes:
        """The finished file."""
        self.book.close()
        return self._out.getvalue()


def export(uow: UnitOfWork, form: Form, records: Sequence[Record]) -> bytes:
    """Records with their sub-tables: one sheet for the form, one for each sub-table; import reads it back."""
    writer, names = Writer(), _names(uow, form, records)
    fields = columns(form.fields)
    sheet = writer.sheet(form.title, [NUMBER, STATE, *(one.label for one in fields)])
    for row, record in enumerate(records, 1):
        cells = [
            record.number,
            state_text(record),
            *(cell(one, record.values.get(one.key), names) for one in fields),
        ]
        for column, value in enumerate(cells):
            writer.put(sheet, row, column, value)
    for table in form.subtables:
        _rows_sheet(writer, table, records, names)
    return writer.bytes()


def _rows_sheet(writer: Writer, table: FieldDef, records: Sequence[Record], names: Names) -> None:
    fields = columns(table.fields)
    sheet = writer.sheet(table.label, [PARENT, ROW, *(one.label for one in fields)])
    line = 1
    for record in records:
        for index, values in enumerate(record.values.get(table.key) or [], 1):
            cells = [record.number, index, *(cell(one, values.get(one.key), names) for one in fields)]
            for column, value in enumerate(cells):
                writer.put(sheet, line, column, value)
            line += 1


def _names(uow: UnitOfWork, form: Form, records: Sequence[Record]) -> Names:
    """Linked records by number, the key that import finds them by."""
    wanted: dict[str, set[str]] = {}
    for record in records:
        for key, ids in linked_ids(form, record.values).items():
            wanted.setdefault(key, set()).update(ids)
    numbers: dict[str, str] = {}
    for key, some in wanted.items():
        target = uow.shelf.find_form(key)
        listed = sorted(some)
        for start in range(0, len(listed) if target else 0, 500):
            part = listed[start : start + 500]
            numbers |= uow.records.numbers(target, part) if target else {}
    return Names(uow.people, numbers, uow.house.zone)


def cell(one: FieldDef, value: Any, names: Names) -> Any:
    """A value as a cell holds it: numbers and dates as such, people by a name that is theirs alone."""
    kind = one.base.type
    if value is None or value == []:
        return None
    if kind in ("number", "money"):
        return Decimal(value)
    if kind == "date":
        return value
    if kind == "datetime":
        return value.astimezone(names.zone)
    if kind == "date_range":
        return f"{value['start']} ~ {value['end']}"
    if kind == "datetime_range":
        return f"{show_moment(one, value['start'], names)} ~ {show_moment(one, value['end'], names)}"
    if kind in ("member", "members"):
        return "、".join(_person(id_, names) for id_ in ([value] if isinstance(value, str) else value))
    return show(one, value, names)


def _person(id_: str, names: Names) -> str:
    person = names.people.get(id_)
    if person is None:
        return id_
    return person.name if len(names.people.find(person.name)) == 1 else id_


def template(form: Form) -> bytes:
    """An empty file to fill, with what each column takes as a note."""
    writer = Writer()
    fields = [one for one in columns(form.fields) if importable(one)]
    sheet = writer.sheet(form.title, [one.label for one in fields])
    _notes(sheet, fields, 0)
    for table in form.subtables:
        inner = [one for one in columns(table.fields) if importable(one)]
        rows = writer.sheet(table.label, [PARENT, *(one.label for one in inner)])
        rows.write_comment(0, 0, "主表里的编号，或者主表里用来匹配的那一列的值")
        _notes(rows, inner, 1)
    return writer.bytes()


def _notes(sheet: Any, fields: Iterable[FieldDef], start: int) -> None:
    for index, one in enumerate(fields, start):
        parts = ["必填" if one.required else "可不填"]
        if one.options:
            parts.append("可选：" + "、".join(option.shown for option in one.options[:20]))
        if one.max is not None:
            parts.append(f"最多 {one.max} 个字" if one.type == "text" else f"不大于 {one.max}")
        if one.type in ("date", "datetime", "date_range", "address"):
            parts.append(_EXAMPLES[one.type])
        sheet.write_comment(0, index, "；".join(parts))


_EXAMPLES = {
    "date": "例如 2026-11-24",
    "datetime": "例如 2026-11-24 09:30",
    "date_range": "例如 2026-11-24 ~ 2026-11-26",
    "address": "例如 广东省 深圳市 南山区 科技园 1 号",
}


def errors(sheets: Sequence[Sheet], wrong: Mapping[str, Mapping[int, list[tuple[int | None, str]]]]) -> bytes:
    """The rows that were not imported, each wrong cell red with its reason, all reasons in the last column.

    wrong  sheet name → row index (0 = first below the titles) → (column or None, reason)
    """
    writer = Writer()
    for sheet in sheets:
        rows = wrong.get(sheet.name)
        if not rows:
            continue
        made = writer.sheet(sheet.name, [*sheet.titles, "错误原因"])
        for line, index in enumerate(sorted(rows), 1):
            for column, value in enumerate(sheet.rows[index]):
                writer.put(made, line, column, value)
            for place, reason in rows[index]:
                if place is not None:
                    value = sheet.rows[index][place] if place < len(sheet.rows[index]) else None
                    made.write_string(line, place, "" if value is None else str(value), writer.wrong)
                    made.write_comment(line, place, reason)
            told = "；".join(reason for _, reason in rows[index])
            made.write_string(line, len(sheet.titles), told, writer.wrong)
    return writer.bytes()
