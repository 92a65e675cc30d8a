"""Sheets → records: columns mapped to fields, sub-table rows gathered below their record, saved in small steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connect.excel import NUMBER, PARENT, Sheet, importable
from core.commands import ImportRows
from core.forms.definition import FieldDef, Form

STEP = 100
Mapped = dict[str, dict[int, str]]
Place = tuple[str, int]


@dataclass
class Draft:
    """One record to be: its values, and where each of its lines stands: (sheet, row) of itself and of its rows."""

    place: Place
    values: dict[str, Any]
    rows: dict[str, list[Place]] = field(default_factory=dict)


@dataclass
class Counts:
    """How far an import is."""

    total: int = 0
    done: int = 0
    created: int = 0
    updated: int = 0
    same: int = 0
    failed: int = 0


def paths(form: Form) -> list[tuple[str, str, FieldDef]]:
    """(path, label, field) of everything that a sheet may fill."""
    found = [(one.key, one.label, one) for one in form.fields if importable(one) and one.type != "subtable"]
    for table in form.subtables:
        found += [
            (f"{table.key}.{one.key}", f"{table.label}.{one.label}", one)
            for one in table.fields
            if importable(one)
        ]
    return found


def suggest(form: Form, sheets: Sequence[Sheet]) -> Mapped:
    """The likeliest field of each column: by label or key; sheets named as a sub-table hold its rows."""
    found: Mapped = {}
    for sheet in sheets:
        table = next((one for one in form.subtables if sheet.name in (one.label, one.key)), None)
        found[sheet.name] = {
            index: path
            for index, title in enumerate(sheet.titles)
            if (path := _likeliest(form, table, title)) is not None
        }
    return found


def _likeliest(form: Form, table: FieldDef | None, title: str) -> str | None:
    if table is not None:
        if title in (PARENT, NUMBER):
            return f"{table.key}.#"
        inner = next((one for one in table.fields if title in (one.label, one.key) and importable(one)), None)
        return f"{table.key}.{inner.key}" if inner else None
    if title == NUMBER:
        return "number"
    return next((path for path, label, one in paths(form) if title in (label, path, one.label)), None)


def gather(form: Form, sheets: Sequence[Sheet], mapped: Mapped, by: str) -> list[Draft]:
    """The records of a file, in its order.

    A line of the main sheet that only fills sub-table columns (or repeats the key) belongs to the record above it;
    lines of a sub-table's own sheet belong to the record whose key (or 编号) their 所属编号 names.
    """
    drafts: list[Draft] = []
    known: dict[str, Draft] = {}
    for sheet in sheets:
        columns = mapped.get(sheet.name) or {}
        if not any("." not in path for path in columns.values()):
            continue
        for index, row in enumerate(sheet.rows):
            _main_line(drafts, (sheet.name, index), _cells(columns, row), by)
    for one in drafts:
        for name in (by, "number"):
            if name and one.values.get(name) is not None:
                known.setdefault(str(one.values[name]), one)
    for sheet in sheets:
        columns = mapped.get(sheet.name) or {}
        if any(path.endswith(".#") for path in columns.values()):
            for index, row in enumerate(sheet.rows):
                _child_line(drafts, known, (sheet.name, index), _cells(columns, row))
    return drafts


def _cells(columns: Mapping[int, str], row: Sequence[Any]) -> dict[str, Any]:
    return {
        path: row[index] for index, path in columns.items() if index < len(row) and row[index] is not None
    }


def _main_line(drafts: list[Draft], place: Place, cells: dict[str, Any], by: str) -> None:
    if not cells:
        return
    own = {path: value for path, value in cells.items() if "." not in path}
    inner = _by_table({path: value for path, value in cells.items() if "." in path})
    last = drafts[-1] if drafts else None
    again = bool(last and inner and by and own.get(by) is not None and own.get(by) == last.values.get(by))
    if last is None or (own and not again):
        last = Draft(place, own)
        drafts.append(last)
    for key, row in inner.items():
        last.values.setdefault(key, []).append(row)
        last.rows.setdefault(key, []).append(place)


def _by_table(cells: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path, value in cells.items():
        key, _, column = path.partition(".")
        found.setdefault(key, {})[column] = value
    return found


def _child_line(drafts: list[Draft], known: Mapping[str, Draft], place: Place, cells: dict[str, Any]) -> None:
    for key, row in _by_table(cells).items():
        parent = row.pop("#", None)
        one = known.get(str(parent)) if parent is not None else None
        if one is None:
            lost = Draft(
                place, {"": f"找不到所属的数据「{parent}」" if parent is not None else "没有写所属编号"}
            )
            drafts.append(lost)
            continue
        one.values.setdefault(key, []).append(row)
        one.rows.setdefault(key, []).append(place)


def steps(
    form: Form, drafts: Sequence[Draft], actor: str, *, by: str, dry_run: bool, start_flow: bool
) -> Iterator[tuple[list[Draft], ImportRows]]:
    """Commands of some records each, so that nobody else waits long."""
    good = [one for one in drafts if "" not in one.values]
    for start in range(0, len(good), STEP):
        part = good[start : start + STEP]
        rows = tuple((str(start + i), one.values) for i, one in enumerate(part))
        yield part, ImportRows(actor, form.key, rows, by, dry_run, start_flow)


class Findings:
    """What became of the records, and what is wrong with which cell."""

    def __init__(self, sheets: Sequence[Sheet], mapped: Mapped, drafts: Sequence[Draft]) -> None:
        self._columns = {name: {path: index for index, path in one.items()} for name, one in mapped.items()}
        self.counts = Counts(total=len(drafts))
        self.wrong: dict[str, dict[int, list[tuple[int | None, str]]]] = {}
        for one in drafts:
            if "" in one.values:
                self._fail(one, [("", one.values[""])])

    def take(self, part: Sequence[Draft], results: Iterable[Sequence[Any]]) -> None:
        """The results of one command."""
        for one, (_, state, _, problems) in zip(part, results, strict=True):
            if state == "failed":
                self._fail(one, [(path, reason) for path, reason in problems])
            else:
                self.counts.done += 1
                setattr(self.counts, state, getattr(self.counts, state) + 1)

    def _fail(self, one: Draft, problems: Sequence[tuple[str, str]]) -> None:
        self.counts.done += 1
        self.counts.failed += 1
        self.wrong.setdefault(one.place[0], {}).setdefault(one.place[1], [])
        for path, reason in problems:
            (sheet, row), column = self._where(one, path)
            self.wrong.setdefault(sheet, {}).setdefault(row, []).append((column, reason))
        for places in one.rows.values():
            for sheet, row in places:
                self.wrong.setdefault(sheet, {}).setdefault(row, [])

    def _where(self, one: Draft, path: str) -> tuple[Place, int | None]:
        parts = path.split(".")
        if len(parts) == 3 and parts[1].isdigit():
            places = one.rows.get(parts[0], [])
            place = places[int(parts[1])] if int(parts[1]) < len(places) else one.place
            return place, self._columns.get(place[0], {}).get(f"{parts[0]}.{parts[2]}")
        return one.place, self._columns.get(one.place[0], {}).get(path)
