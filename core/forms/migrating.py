"""A form changes while it has records: tables grow at publish, values of another type are taken over in small steps.

A field that takes over another one (`from:`) gets a column of its own. Each step converts some hundred records in a
transaction of its own, so nobody waits; a record that somebody changes meanwhile is converted right before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, literal_column, select, update

from core.acting import Done
from core.commands import StepBackfill
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names, Reading, WrongValue
from core.forms.resolve import resolve
from core.forms.tables import build, columns, loaded, stored, tables_of
from core.forms.text import plain, show
from core.store.life import Backfill

if TYPE_CHECKING:
    from core.forms.finding import Finding
    from core.store.work import UnitOfWork

STEP = 400
SAMPLES = 50
PREVIEWED = 200_000
RECORD = "NUMBER"  # keys of fields are small letters
UNSUITED = frozenset({"subtable", "links", "link", "attachment", "image"})


@dataclass
class Preview:
    """What taking over would do to the records there are."""

    field: str
    label: str
    source: str
    total: int = 0
    ok: int = 0
    empty: int = 0
    failed: int = 0
    samples: list[list[str]] = part(default_factory=list)


def build_form(uow: UnitOfWork, form: Form, finding: Finding) -> None:
    """Tables and columns of a form that is being published; fields with `from:` begin to take over."""
    present = uow.shelf.raw_form(form.key)
    had = dict(present.walk()) if present else {}
    build(uow.connection, resolve(form, finding.raw, finding.options))
    for path, one in form.walk():
        if one.source and (path not in had or had[path].source != one.source):
            source = f"{path.rpartition('.')[0]}.{one.source}".lstrip(".")
            uow.life.begin_backfill(form.key, path, source, uow.now)


def step_backfill(uow: UnitOfWork, command: StepBackfill) -> Done:
    """Convert some more records; `left` says whether there is more to do."""
    waiting = uow.life.backfills(command.form, open_only=True)
    if not waiting:
        return Done(data={"left": False})
    one = waiting[0]
    work = _work(uow, one)
    rows = _rows(uow, work, after=one.after_id, limit=STEP) if work else []
    after = one
    if work is not None and rows:
        results = _write(uow, work, rows)
        bad = [[number, value, reason] for number, value, reason in results if reason]
        after = replace(
            one,
            after_id=rows[-1]["id"],
            done=one.done + len(rows),
            failed=one.failed + len(bad),
            samples=(one.samples + bad)[:SAMPLES],
        )
    if len(rows) < STEP:
        after = replace(after, state="done")
    uow.life.save_backfill(after)
    return Done(
        data={"left": after.state == "open" or len(waiting) > 1, "form": one.form, "field": one.field}
    )


def catch_up(uow: UnitOfWork, form: Form, record_id: str) -> None:
    """Convert one record now: it is about to be changed."""
    for one in uow.life.backfills(form.key, open_only=True):
        work = _work(uow, one)
        if work is not None:
            _write(uow, work, _rows(uow, work, record_id=record_id))


@dataclass(frozen=True)
class _Work:
    old: FieldDef
    new: FieldDef
    table: Table
    main: Table


def _work(uow: UnitOfWork, one: Backfill) -> _Work | None:
    """What a backfill moves; None when one of its fields is gone."""
    form = uow.shelf.find_form(one.form)
    new = _at(form, one.field) if form else None
    old = past_field(uow, one.form, one.source)
    return _pair(form, old, new, one.field) if form and old and new else None


def _pair(form: Form, old: FieldDef, new: FieldDef, path: str) -> _Work:
    tables = tables_of(form)
    key = path.partition(".")[0] if "." in path else ""
    return _Work(old, new, tables.rows[key] if key else tables.main, tables.main)


def _at(form: Form | None, path: str) -> FieldDef | None:
    return dict(form.walk()).get(path) if form else None


def past_field(uow: UnitOfWork, key: str, path: str) -> FieldDef | None:
    """A field as the newest version that has it knows it; its column outlives it."""
    for version in range(uow.shelf.version("form", key), 0, -1):
        model = uow.shelf.get("form", key, version).model
        found = _at(model, path) if isinstance(model, Form) else None
        if found is not None:
            return found
    return None


def _rows(
    uow: UnitOfWork, work: _Work, *, after: str = "", record_id: str = "", limit: int = PREVIEWED
) -> Sequence[Any]:
    table = work.table
    old = [_column(table, one.name, one.type) for one in columns(work.old)]
    new = [one for one in columns(work.new) if one.name in table.c]
    main = work.main
    named = [table.c.id, *old, *(table.c[one.name] for one in new), main.c.number.label(RECORD)]
    query = select(*named).where(table.c.id > after)
    if table is not main:
        query = query.join(main, main.c.id == table.c.record_id)
    if record_id:
        query = query.where((table.c.id if table is work.main else table.c.record_id) == record_id)
    return uow.connection.execute(query.order_by(table.c.id).limit(limit)).mappings().all()


def _column(table: Table, name: str, kind: Any) -> Any:
    """A column that is in the database though no longer in the form."""
    return table.c[name] if name in table.c else literal_column(f'{table.name}."{name}"', kind).label(name)


def _write(uow: UnitOfWork, work: _Work, rows: Sequence[Any]) -> list[tuple[str, str, str]]:
    reading, names = _asking(uow)
    changes, results = [], []
    target = [one.name for one in columns(work.new)]
    for row in rows:
        if any(row[name] is not None for name in target if name in row):
            continue
        value, shown, reason = converted(work.old, work.new, row, reading, names)
        if reason:
            results.append((row[RECORD], shown, reason))
        elif value is not None:
            put = {f"v_{k}": v for k, v in stored([work.new], {work.new.key: value}).items()}
            changes.append({"row_id": row["id"], **put})
    if changes:
        statement = update(work.table).where(work.table.c.id == bindparam("row_id"))
        values = {name: bindparam(f"v_{name}", type_=work.table.c[name].type) for name in target}
        uow.connection.execute(statement.values(**values), changes)
    return results


def _asking(uow: UnitOfWork) -> tuple[Reading, Names]:
    def find_records(form: str, text: str) -> list[tuple[str, str]]:
        target = uow.shelf.find_form(form)
        return uow.records.find(target, text) if target else []

    zone = uow.house.zone
    return Reading(uow.people, {}, find_records, zone=zone), Names(uow.people, zone=zone)


def converted(old: FieldDef, new: FieldDef, row: Any, reading: Reading, names: Names) -> tuple[Any, str, str]:
    """(value of the new type, the old one as people read it, why it does not fit or nothing)."""
    before = loaded([old], row).get(old.key)
    if before in (None, "", []):
        return None, "", ""
    shown, reason = show(old, before, names), ""
    for raw in (plain(old, before), shown):
        try:
            value = KINDS[new.type].read(new, raw, reading)
        except WrongValue as error:
            reason = reason or str(error)
            continue
        return value, shown, ""
    return None, shown, reason


def previews(uow: UnitOfWork, form: Form, finding: Finding) -> Iterator[Preview]:
    """What each field with `from:` of a text would take over, record by record; nothing is written."""
    present = uow.shelf.raw_form(form.key)
    had = dict(present.walk()) if present else {}
    resolved = resolve(form, finding.raw, finding.options)
    reading, names = _asking(uow)
    for path, new in resolved.walk():
        if not new.source or path in had:
            continue
        source = f"{path.rpartition('.')[0]}.{new.source}".lstrip(".")
        old = past_field(uow, form.key, source)
        if old is None:
            continue
        found = Preview(path, new.label, old.label)
        now = _pair(uow.shelf.find_form(form.key) or resolved, old, new, path)
        for row in _rows(uow, now):
            _count(found, converted(old, new, row, reading, names), row[RECORD])
        yield found


def _count(found: Preview, result: tuple[Any, str, str], number: str) -> None:
    value, shown, reason = result
    found.total += 1
    found.ok += value is not None
    found.empty += value is None and not reason
    found.failed += bool(reason)
    if reason and len(found.samples) < SAMPLES:
        found.samples.append([number, shown[:60], reason])
