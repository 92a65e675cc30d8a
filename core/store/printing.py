"""Print templates that were uploaded: every version is kept, the newest one counts unless it was dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.tables import print_template


@dataclass(frozen=True, slots=True)
class PrintTemplate:
    """One version. kind: docx or xlsx;  name: of the file;  dropped: it is offered no more."""

    form: str
    key: str
    version: int
    title: str
    kind: str
    name: str
    at: datetime
    by: str
    dropped: bool


_COLUMNS = [print_template.c[name] for name in PrintTemplate.__dataclass_fields__]


class PrintTemplates:
    """These rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: PrintTemplate, body: bytes) -> None:
        """A new version."""
        values = {name: getattr(row, name) for name in PrintTemplate.__dataclass_fields__}
        self._connection.execute(insert(print_template), {**values, "body": body})

    def history(self, form: str) -> list[PrintTemplate]:
        """Every version of every template of a form, newest first."""
        query = select(*_COLUMNS).where(print_template.c.form == form)
        rows = self._connection.execute(query.order_by(print_template.c.key, print_template.c.version.desc()))
        return [PrintTemplate(**row) for row in rows.mappings()]

    def heads(self, form: str) -> list[PrintTemplate]:
        """The templates that are offered, by title."""
        newest: dict[str, PrintTemplate] = {}
        for one in self.history(form):
            newest.setdefault(one.key, one)
        return sorted((one for one in newest.values() if not one.dropped), key=lambda one: one.title)

    def body(self, form: str, key: str, version: int) -> bytes | None:
        """The file of one version."""
        query = select(print_template.c.body).where(
            print_template.c.form == form, print_template.c.key == key, print_template.c.version == version
        )
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)
