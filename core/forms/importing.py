"""Rows of a sheet → records, many at once: what they ask of the database is asked together, what they make is
written together. A row that cannot go with the others (its key stands twice, somebody has its value) goes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.acting import Done
from core.commands import ImportRows
from core.errors import Conflict, Invalid, Problem, UserError
from core.events import Event
from core.expressions import Scope
from core.flows.actions import open_instance, start
from core.forms import gather
from core.forms.actions import change, create, lay_over, with_fills
from core.forms.asking import Asking, reading
from core.forms.check import Checked, check
from core.forms.fields import KINDS, WrongValue
from core.forms.making import create_many
from core.forms.migrating import catch_up
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import stored_values
from core.store.work import UnitOfWork

Row = tuple[str, Mapping[str, Any]]
Events = tuple[Event, ...]
CREATED, UPDATED, SAME, FAILED = "created", "updated", "same", "failed"


def import_rows(uow: UnitOfWork, command: ImportRows) -> Done:
    """Save rows; `results` says of each in order what became of it: place, state, number, every mistake."""
    ready = uow.shelf.form(command.form)
    savepoint = uow.connection.begin_nested()
    run = _Import(uow, ready, command)
    alone = run.together(command.rows) if _may_go_together(uow, ready, command) else list(command.rows)
    for row in alone:
        run.alone(row)
    if command.dry_run:
        uow.undo(savepoint)
        run.events = []
    else:
        savepoint.commit()
    return Done(
        events=tuple(run.events),
        data={"results": [[place, *run.results[place]] for place, _ in command.rows]},
    )


def _may_go_together(uow: UnitOfWork, ready: ReadyForm, command: ImportRows) -> bool:
    """Whether no row of the form looks at what another row of the same sheet makes."""
    own = any(one.type in ("link", "links") and one.to == ready.form.key for _, one in ready.form.walk())
    conditional = any(one is not None for one in ready.uniques)
    if own or conditional or ready.guards or command.start_flow:
        return False
    return not uow.life.backfills(ready.form.key, open_only=True)


@dataclass(frozen=True)
class _Judged:
    """A row that may be saved: over a record, or anew."""

    place: str
    before: Record | None
    checked: Checked


class _Import:
    """One command's rows on their way in. `results` by place: state, number, [[path, reason], …]."""

    def __init__(self, uow: UnitOfWork, ready: ReadyForm, command: ImportRows) -> None:
        self._uow = uow
        self._ready = ready
        self._command = command
        self._scope: Scope = uow.scope(command.actor)
        self._asking = Asking(uow, ready, command.actor)
        self._busy: set[str] = set()
        self.results: dict[str, list[Any]] = {}
        self.events: list[Event] = []

    def together(self, rows: Sequence[Row]) -> list[Row]:
        """Save what can be saved at once; the rows that have to go alone, after the others."""
        first, alone = self._once_each(rows)
        self._asking.prepare([values for _, values in first])
        present = self._present([values for _, values in first])
        judged = [one for row in first if (one := self._judge(row, present)) is not None]
        for one in judged:
            if one.before is not None and self._unchanged(one.before, one.checked):
                self.results[one.place] = [SAME, one.before.number, []]
            elif one.before is not None:
                self._guarded(one.place, partial(self._write, one.before, one.checked))
        new = [one for one in judged if one.before is None]
        left = self._create([one for one in new if one.place not in self.results])
        back = dict(first)
        return [(place, back[place]) for place in left] + alone

    def _once_each(self, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        """The rows whose key stands first, and those that mean the same record again."""
        seen: set[str] = set()
        first: list[Row] = []
        again: list[Row] = []
        for row in rows:
            key = str(row[1].get(self._command.by) or "") if self._command.by else ""
            (again if key and key in seen else first).append(row)
            seen.add(key)
        return first, again

    def _present(self, rows: Sequence[Mapping[str, Any]]) -> dict[Any, Record | int]:
        """The records that the keys of rows mean; a number where there are several."""
        if not self._command.by:
            return {}
        keys = {key for values in rows if (key := self._key(values)) is not None}
        holders = gather.holders(
            self._uow.connection, self._ready.form, self._command.by, sorted(keys, key=str)
        )
        one_each = [id_ for id_, count in holders.values() if count == 1]
        records = {one.id: one for one in self._uow.records.load_many(self._ready.form, one_each)}
        self._busy = self._uow.instances.open_over(one_each)
        return {key: records[id_] if count == 1 else count for key, (id_, count) in holders.items()}

    def _key(self, values: Mapping[str, Any]) -> Any:
        """What finds the record of a row, as its column holds it; None when the row names nothing readable."""
        raw = values.get(self._command.by)
        if raw in (None, ""):
            return None
        if self._command.by == "number":
            return str(raw)
        one = self._ready.form.field(self._command.by)
        if one is None:
            raise UserError("unknown_key", f"没有「{self._command.by}」这个字段，不能用它匹配。")
        if one.type == "serial":
            return str(raw).strip()
        try:
            return KINDS[one.type].read(one, raw, self._asking.reading)
        except WrongValue:
            return None

    def _judge(self, row: Row, present: Mapping[Any, Record | int]) -> _Judged | None:
        place, values = row
        raw = {key: value for key, value in values.items() if key != "number"}
        try:
            before = self._before(values, present)
            stored = before.values if before else None
            raw = raw if before else dict(with_fills(self._uow, self._ready, raw, self._command.actor))
            checked = check(self._ready, raw, self._asking.of(before), self._scope, before=stored)
        except UserError as error:
            self._failed(place, error)
            return None
        if checked.problems:
            self._failed(place, Invalid(checked.problems))
            return None
        return _Judged(place, before, checked)

    def _before(self, values: Mapping[str, Any], present: Mapping[Any, Record | int]) -> Record | None:
        key = self._key(values) if self._command.by else None
        found = present.get(key) if key is not None else None
        if isinstance(found, int):
            raise Conflict(_several(self._ready, self._command.by, values))
        if found is None and key is not None and self._command.by == "number":
            raise Conflict(f"没有编号是「{key}」的数据。")
        if found is not None and found.id in self._busy:
            raise Conflict("这张单据正在审批，不能修改。")
        return found

    def _unchanged(self, before: Record, checked: Checked) -> bool:
        fields = self._ready.form.fields
        return stored_values(fields, before.values) == stored_values(fields, checked.values)

    def _write(self, before: Record, checked: Checked) -> tuple[str, str]:
        changed, events = change(self._uow, self._ready, before, checked, self._command.actor)
        self.events += events
        return (UPDATED if events else SAME), changed.number

    def _create(self, new: Sequence[_Judged]) -> list[str]:
        """Make records at once; the places of those that must go alone."""
        savepoint = self._uow.connection.begin_nested()
        try:
            made, left = create_many(
                self._uow, self._ready, [(one.place, one.checked) for one in new], self._command.actor
            )
        except Conflict:
            self._uow.undo(savepoint)
            return [one.place for one in new]
        savepoint.commit()
        for place, record, event in made:
            self.results[place] = [CREATED, record.number, []]
            self.events.append(event)
        for place, problem in left.items():
            if problem is not None:
                self._failed(place, Invalid((problem,)))
        return [place for place, problem in left.items() if problem is None]

    # --- a row by itself -----------------------------------------------------------------------------

    def alone(self, row: Row) -> None:
        """One row with everything that a record goes through."""
        self._guarded(row[0], partial(self._save, row[1]))

    def _guarded(self, place: str, save: Callable[[], tuple[str, str]]) -> None:
        """In a savepoint: what a refused row did is undone, the others stay."""
        savepoint = self._uow.connection.begin_nested()
        known = len(self.events)
        try:
            self.results[place] = [*save(), []]
        except UserError as error:
            self._uow.undo(savepoint)
            del self.events[known:]
            self._failed(place, error)
        else:
            savepoint.commit()

    def _save(self, values: Mapping[str, Any]) -> tuple[str, str]:
        uow, ready, command = self._uow, self._ready, self._command
        raw = {key: value for key, value in values.items() if key != "number"}
        before = _meant(uow, ready, values, command.by, self._key)
        if before is not None:
            catch_up(uow, ready.form, before.id)
            uow.records.forget()
            before = uow.records.load(ready.form, before.id) or before
            if open_instance(uow, before.id):
                raise Conflict("这张单据正在审批，不能修改。")
            changed, _, events = lay_over(uow, ready, before, raw, command.actor)
            self.events += events
            return (UPDATED if events else SAME), changed.number
        raw = dict(with_fills(uow, ready, raw, command.actor))
        checked = check(ready, raw, reading(uow, raw, ready, command.actor), self._scope)
        if checked.problems:
            raise Invalid(checked.problems)
        record, made = create(uow, ready, checked, command.actor, flow=command.start_flow)
        self.events += made
        if command.start_flow:
            self.events += start(uow, ready, record, command.actor)[1]
        return CREATED, record.number

    def _failed(self, place: str, error: UserError) -> None:
        problems = error.problems if isinstance(error, Invalid) else (Problem("", error.message),)
        self.results[place] = [FAILED, "", [[one.path, one.message] for one in problems]]


def _meant(
    uow: UnitOfWork,
    ready: ReadyForm,
    values: Mapping[str, Any],
    by: str,
    key_of: Callable[[Mapping[str, Any]], Any],
) -> Record | None:
    """The record that a row means; None when it is new. Raises Conflict when it means several, or nothing."""
    key = key_of(values) if by else None
    if key is None:
        return None
    id_, count = gather.holders(uow.connection, ready.form, by, [key]).get(key, ("", 0))
    if count > 1:
        raise Conflict(_several(ready, by, values))
    if by == "number" and not count:
        raise Conflict(f"没有编号是「{key}」的数据。")
    return uow.records.load(ready.form, id_) if count else None


def _several(ready: ReadyForm, by: str, values: Mapping[str, Any]) -> str:
    found = ready.form.field(by)
    label = found.label if found else "编号"
    return f"有不止一条数据的「{label}」是「{values[by]}」，不知道更新哪一条。"
