"""Records in their tables (core/forms/tables.py): one repository for all forms, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    Connection,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from core.columns import Instant
from core.errors import Conflict
from core.forms.definition import FieldDef, Form
from core.forms.recordreading import Record, RecordReading, copied, counted
from core.forms.tables import OWN_TABLE, SYSTEM, build, sql_table, stored, tables_of

APPROVED = "approved"  # the state in which a flow ends well

__all__ = ["Record", "Records", "build", "sql_table", "tables_of"]


class Watcher(Protocol):
    """Who keeps sums over records (core/store/ledger.py)."""

    def wants(self, form: str) -> bool:
        """Whether changes of this form matter."""

    def moved(self, before: Record | None, after: Record | None) -> None:
        """A record came, changed, or went; both with their rows."""


class Records(RecordReading):
    """Rows of form tables in one transaction. `next_id` makes ids for sub-table rows.

    Records of the recycle bin are found by `load` alone, unless `bin` is asked for.
    """

    def __init__(
        self,
        connection: Connection,
        next_id: Callable[[], str],
        watcher: Watcher | None = None,
        now: datetime | None = None,
    ) -> None:
        super().__init__(connection)
        self._next_id = next_id
        self._watcher = watcher
        self._now = now
        self._read: dict[tuple[str, str], tuple[Form, Record]] = {}

    def forget(self) -> None:
        """What was read is not believed any more: a savepoint was rolled back."""
        self._read.clear()

    def _watched(self, form: Form) -> Watcher | None:
        return self._watcher if self._watcher is not None and self._watcher.wants(form.key) else None

    def add(self, form: Form, record: Record) -> None:
        """Insert a record with its rows."""
        self._read.pop((form.key, record.id), None)
        tables = tables_of(form)
        system = {name: getattr(record, name) for name in SYSTEM}
        self._connection.execute(insert(tables.main), {**system, **stored(form.fields, record.values)})
        self._add_rows(form, record)
        if watcher := self._watched(form):
            watcher.moved(None, record)

    def add_many(self, form: Form, records: Sequence[Record]) -> None:
        """Insert records with their rows: one statement for each table. Raises Conflict when a number is taken."""
        tables = tables_of(form)
        rows = [
            {**{name: getattr(one, name) for name in SYSTEM}, **stored(form.fields, one.values)}
            for one in records
        ]
        try:
            self._connection.execute(insert(tables.main), rows)
        except IntegrityError as error:
            raise Conflict("编号已被占用。") from error
        for one in form.fields:
            table = tables.rows.get(one.key) if one.type == "subtable" else tables.joins.get(one.key)
            inner = [row for record in records for row in self._child_rows(one, record)]
            if table is not None and inner:
                self._connection.execute(insert(table), inner)
        watcher = self._watched(form)
        for record in records if watcher else ():
            watcher.moved(None, record)  # type: ignore[union-attr]

    def change(self, form: Form, record: Record, version: int) -> bool:
        """Write over `version`; False when somebody else changed it first."""
        tables = tables_of(form)
        watcher = self._watched(form)
        before = self.load(form, record.id, lock=True) if watcher else None
        self._read.pop((form.key, record.id), None)
        system = {
            name: getattr(record, name) for name in SYSTEM if name not in ("id", "created_at", "created_by")
        }
        statement = (
            update(tables.main)
            .where(tables.main.c.id == record.id, tables.main.c.version == version)
            .values(**system, **stored(form.fields, record.values))
        )
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record.id))
        self._add_rows(form, record)
        if watcher:
            watcher.moved(before, record)
        return True

    def remove(self, form: Form, record_id: str, version: int | None = None) -> bool:
        """Delete a record (of this version) with its rows; False when it was not there, or was changed."""
        tables = tables_of(form)
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        statement = delete(tables.main).where(tables.main.c.id == record_id)
        if version is not None:
            statement = statement.where(tables.main.c.version == version)
        if self._connection.execute(statement).rowcount != 1:
            return False
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record_id))
        if watcher:
            watcher.moved(before, None)
        return True

    def set_state(self, form: Form, record_id: str, state: str) -> None:
        """The flow's state, shown in lists; no new record version. Approved, it takes effect (生效)."""
        main = tables_of(form).main
        values: dict[str, Any] = {"state": state}
        if state == APPROVED and form.effective == "approved" and self._now is not None:
            values["effective_at"] = func.coalesce(main.c.effective_at, literal(self._now, Instant()))
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        self._connection.execute(update(main).where(main.c.id == record_id).values(**values))
        if watcher and before is not None:
            watcher.moved(before, self.load(form, record_id))

    def mark(self, form: Form, record_id: str, version: int, **columns_: Any) -> bool:
        """Set system columns (void, bin, effect); the version grows. False when somebody was faster."""
        main = tables_of(form).main
        statement = update(main).where(main.c.id == record_id, main.c.version == version)
        values = {**columns_, "version": version + 1}
        watcher = self._watched(form)
        before = self.load(form, record_id, lock=True) if watcher else None
        self._read.pop((form.key, record_id), None)
        if self._connection.execute(statement.values(**values)).rowcount != 1:
            return False
        if watcher:
            watcher.moved(counted(before), counted(self.load(form, record_id)))
        return True

    def purge(self, form: Form, record_id: str) -> None:
        """A record ends for ever, with its rows."""
        self._read.pop((form.key, record_id), None)
        tables = tables_of(form)
        for table in (*tables.rows.values(), *tables.joins.values()):
            self._connection.execute(delete(table).where(table.c.record_id == record_id))
        self._connection.execute(delete(tables.main).where(tables.main.c.id == record_id))

    def load(self, form: Form, record_id: str, *, lock: bool = False) -> Record | None:
        """One record with its rows, wherever it lies; `lock`: nobody else changes it until we are done.

        What this transaction has read and not changed is not read twice; each caller has values of its own.
        """
        if lock:
            main = tables_of(form).main
            self._connection.execute(select(main.c.id).where(main.c.id == record_id).with_for_update())
            self._read.pop((form.key, record_id), None)
        known, record = self._read.get((form.key, record_id), (None, None))
        if record is None or known is not form:
            found = self.load_many(form, [record_id])
            if not found:
                return None
            record = found[0]
            self._read[form.key, record_id] = (form, record)
        return copied(record)

    def _add_rows(self, form: Form, record: Record) -> None:
        tables = tables_of(form)
        for one in form.fields:
            if one.type in OWN_TABLE and (rows := self._child_rows(one, record)):
                table = tables.rows[one.key] if one.type == "subtable" else tables.joins[one.key]
                self._connection.execute(insert(table), rows)

    def _child_rows(self, one: FieldDef, record: Record) -> list[dict[str, Any]]:
        """The rows of one sub-table or N:N link as its table holds them."""
        if one.type not in OWN_TABLE:
            return []
        given = record.values.get(one.key) or []
        rows = (
            [stored(one.fields, row) for row in given]
            if one.type == "subtable"
            else [{"target": target} for target in given]
        )
        return [
            {"id": self._next_id(), "record_id": record.id, "pos": index, **row}
            for index, row in enumerate(rows)
        ]
