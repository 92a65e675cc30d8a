"""One export while it is written: a workbook, and with its files a zip in which the cells open them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import structlog

from connect import excel
from connect.edge import Deps
from connect.printing import file_name
from core.errors import UserError
from core.forms.filenames import LONGEST
from core.forms.storage import Record
from core.queries import lists
from core.queries.lists import Wish
from core.store.work import UnitOfWork

log = structlog.get_logger()

MOST_RECORDS = 100_000
MOST_FILES = 5_000
MOST_BYTES = 500 * 1024 * 1024
FOLDER = "附件"


@dataclass
class Export:
    """One export of one person; `path` is there once it is done."""

    id: str
    person: str
    form: str
    wish: Wish
    files: bool
    path: Path
    made: float = field(default_factory=time.monotonic)
    state: str = "running"
    message: str = ""
    done: int = 0
    total: int = 0
    task: asyncio.Task[None] | None = None

    def document(self) -> dict[str, Any]:
        """How far it is."""
        return {"state": self.state, "message": self.message, "done": self.done, "total": self.total}


async def work(deps: Deps, job: Export) -> None:
    """Write the file in a thread."""
    try:
        await asyncio.to_thread(_read, deps, job)
        job.state = "done"
    except UserError as error:
        job.state, job.message = "failed", error.message
    except Exception:  # whatever it was: the page must learn that it is over
        log.exception("export_failed", job=job.id)
        job.state, job.message = "failed", "导出没有完成，请再试一次。"


def _read(deps: Deps, job: Export) -> None:
    with deps.store.read() as uow:
        _write(uow, job)


def _write(uow: UnitOfWork, job: Export) -> None:
    """One consistent view from the first record to the last file."""
    form = uow.shelf.form(job.form).form
    job.total, pages = lists.stream(uow, job.form, job.person, job.wish, MOST_RECORDS)
    packed = _Files() if job.files else None
    sheet = job.path.with_suffix(".sheet") if packed else job.path
    book = excel.Book(form, sheet, packed.place if packed else None)
    for records in pages:
        book.add(uow, records)
        job.done += len(records)
    book.close()
    if packed is not None:
        with ZipFile(job.path, "w", ZIP_STORED) as archive:
            archive.write(sheet, f"{file_name(form.title)}.xlsx")
            for id_, name in packed.found.items():
                archive.writestr(name, uow.files.body(id_) or b"")
        sheet.unlink()


class _Files:
    """The files that cells hold, each under a name of its own. `found`: file id → path in the zip."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._bytes = 0

    def place(self, record: Record, value: list[Mapping[str, Any]]) -> excel.Link:
        """Where the files of one cell lie; several of them are opened as their record's folder."""
        folder = f"{FOLDER}/{file_name(record.number)}"
        for one in value:
            self._keep(one, folder)
        names = "、".join(str(one["name"]) for one in value)
        only = self.found[value[0]["id"]] if len(value) == 1 else f"{folder}/"
        return excel.Link(names, only)

    def _keep(self, one: Mapping[str, Any], folder: str) -> None:
        if one["id"] in self.found:
            return
        self._bytes += int(one["size"])
        if self._bytes > MOST_BYTES or len(self.found) >= MOST_FILES:
            limit = f"{MOST_FILES} 个、{MOST_BYTES // 1024 // 1024} MB"
            raise UserError("too_many_files", f"附件太多，一次最多带 {limit}，请先筛选或不带附件导出。")
        self.found[one["id"]] = f"{folder}/{len(self.found) + 1}_{file_name(str(one['name']), LONGEST)}"
