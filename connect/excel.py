"""Excel in and out: XlsxWriter writes, python-calamine reads. Text stays text: no cell ever becomes a formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import dropwhile
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

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


FILES = ("attachment", "image")
UNPACKED = 400 * 1024 * 1024  # what a file may grow to when it is read


@dataclass(frozen=True)
class Link:
    """A cell that opens a file beside the workbook."""

    text: str
    target: str


Place = Callable[[Record, Any], Link]


@dataclass(frozen=True)
class Sheet:
    """One sheet that was read: its title row and the rows below, cells as Python values."""

    name: str
    titles: list[str]
    rows: list[list[Any]] = field(repr=False)


def read(body: bytes) -> list[Sheet]:
    """The sheets of an xlsx, xls or ods file. Raises UserError when it is none or far too large."""
    try:
        _measure(body)
        book = CalamineWorkbook.from_filelike(BytesIO(body))
        found = [_sheet(book, name) for name in book.sheet_names]
    except (CalamineError, BadZipFile, ValueError, OSError) as error:
        raise UserError("no_sheet", "这不是 Excel 文件（支持 xlsx、xls、ods），或者文件已损坏。") from error
    found = [one for one in found if one.titles]
    if not found:
        raise UserError("empty_sheet", "文件里没有数据，第一行应当是列名。")
    if sum(len(one.rows) for one in found) > MOST_ROWS:
        raise UserError("too_many_rows", f"一次最多导入 {MOST_ROWS} 行，请分成几个文件。")
    return found


def _measure(body: bytes) -> None:
    """A small file that unpacks to a huge one is refused before anybody unpacks it."""
    if not body.startswith(b"PK"):
        return
    with ZipFile(BytesIO(body)) as packed:
        if sum(one.file_size for one in packed.infolist()) > UNPACKED:
            raise UserError("too_many_cells", "文件解开后太大，请分成几个文件再导入。")


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise UserError("too_many_cells", "表格太大，请删去空行空列后再导入。")
    rows = dropwhile(lambda row: not any(str(cell).strip() for cell in row), sheet.iter_rows())
    titles = [str(cell).strip() for cell in next(rows, ())]
    while titles and not titles[-1]:
        titles.pop()
    return Sheet(name, titles, [[cell_value(one) for one in row[: len(titles)]] for row in rows])


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
    """A workbook being written; text never becomes a formula or a link.

    target  a file to write to: then each sheet's rows come in order and memory stays small
    """

    def __init__(self, target: Path | None = None) -> None:
        self._out = BytesIO()
        options = {
            "in_memory": target is None,
            "constant_memory": target is not None,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        }
        self.book = xlsxwriter.Workbook(str(target) if target else self._out, options)
        self.head = self.book.add_format({"bold": True, "bg_color": "#F2F3F5", "border": 1})
        self.wrong = self.book.add_format({"bg_color": "#FDE2E2"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.link = self.book.add_format({"font_color": "#1664FF", "underline": 1})
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
        if isinstance(value, Link):
            sheet.write_url(row, column, f"external:{value.target}", self.link, value.text[:32_000])
        elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= EXACT_DIGITS:
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


class Book:
    """Records being written with their sub-tables: one sheet for the form, one for each sub-table.

    Import reads it back. `place` says where a file of a cell lies beside the workbook; without it files are named only.
    """

    def __init__(self, form: Form, target: Path | None = None, place: Place | None = None) -> None:
        self._form = form
        self._place = place
        self._writer = Writer(target)
        self._fields = columns(form.fields)
        self._main = self._writer.sheet(form.title, [NUMBER, STATE, *(one.label for one in self._fields)])
        self._line = 0
        self._tables = [(one, columns(one.fields)) for one in form.subtables]
        self._sheets = [
            self._writer.sheet(table.label, [PARENT, ROW, *(one.label for one in fields)])
            for table, fields in self._tables
        ]
        self._lines = [0] * len(self._tables)

    def add(self, uow: UnitOfWork, records: Sequence[Record]) -> None:
        """Some records, with their rows."""
        names = _names(uow, self._form, records)
        for record in records:
            self._line += 1
            own = [self._cell(record, one, record.values.get(one.key), names) for one in self._fields]
            self._put(self._main, self._line, [record.number, state_text(record), *own])
            for index, (table, fields) in enumerate(self._tables):
                self._rows(record, index, (table, fields), names)

    def _rows(
        self, record: Record, place: int, table: tuple[FieldDef, Sequence[FieldDef]], names: Names
    ) -> None:
        for number, values in enumerate(record.values.get(table[0].key) or [], 1):
            self._lines[place] += 1
            own = [self._cell(record, one, values.get(one.key), names) for one in table[1]]
            self._put(self._sheets[place], self._lines[place], [record.number, number, *own])

    def _cell(self, record: Record, one: FieldDef, value: Any, names: Names) -> Any:
        if one.base.type in FILES and value and self._place is not None:
            return self._place(record, value)
        return cell(one, value, names)

    def _put(self, sheet: Any, line: int, cells: Sequence[Any]) -> None:
        for column, value in enumerate(cells):
            self._writer.put(sheet, line, column, value)

    def close(self) -> None:
        """Write the file to its end."""
        self._writer.book.close()

    def bytes(self) -> bytes:
        """The finished file, where none was named."""
        return self._writer.bytes()


def export(uow: UnitOfWork, form: Form, records: Sequence[Record]) -> bytes:
    """A few records as one file."""
    book = Book(form)
    book.add(uow, records)
    return book.bytes()


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
