"""One import while it runs: the file is read, its rows go through the door step by step, the wrong ones become a sheet.

Each step carries a delivery key of its own. An import that was killed is begun again with the same keys: what was
saved is answered from the inbox, the rest is saved now.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import structlog

from connect import excel, imports
from connect.edge import Deps, ask, reading, writing
from core.forms.definition import Form
from core.store.importjobs import ImportJob
from core.store.inbox import Delivery

log = structlog.get_logger()

BROKEN = "导入中断，已保存的数据保留；点「继续导入」接着导，已经导入的不会重复。"


@dataclass
class Run:
    """One run of one import. `wrong`: the sheet of wrong rows, once it has ended."""

    id: str
    person: str
    dry_run: bool
    made: float = field(default_factory=time.monotonic)
    state: str = "running"
    message: str = ""
    counts: imports.Counts = field(default_factory=imports.Counts)
    wrong: bytes | None = field(default=None, repr=False)
    task: asyncio.Task[None] | None = None

    def document(self) -> dict[str, Any]:
        """How far it is."""
        told = {"state": self.state, "message": self.message, "dry_run": self.dry_run}
        return {**told, **vars(self.counts), "errors": self.wrong is not None}


async def work(deps: Deps, run: Run, job: ImportJob) -> None:
    """Carry an import to its end; `run` is what the page sees meanwhile."""
    try:
        await _work(deps, run, job)
        run.state = "done"
    except Exception:  # whatever it was: the page must learn that it is over
        log.exception("import_failed", job=job.id)
        run.state, run.message = "stopped", BROKEN


async def _work(deps: Deps, run: Run, job: ImportJob) -> None:
    form = await reading(deps, lambda uow: uow.shelf.form(job.form).form)
    body = await reading(deps, lambda uow: uow.imports.body(job.id))
    sheets = await asyncio.to_thread(excel.read, body)
    del body
    mapped, by = mapping_of(job), str(job.options.get("key", ""))
    drafts = await asyncio.to_thread(imports.gather, form, sheets, mapped, by)
    found = imports.Findings(sheets, mapped, drafts)
    run.counts = found.counts
    flow = bool(job.options.get("start_flow"))
    steps = imports.steps(form, drafts, job.person, by=by, dry_run=run.dry_run, start_flow=flow)
    for part, command in steps:
        key = f"{job.id}:{job.run}:{command.rows[0][0]}"
        outcome = await ask(deps, command, None if run.dry_run else Delivery("import", key))
        found.take(part, outcome.data["results"])
    if found.wrong:
        run.wrong = await asyncio.to_thread(excel.errors, sheets, found.wrong)
    await writing(deps, lambda uow: uow.imports.end(job.id))


def mapping_of(job: ImportJob) -> imports.Mapped:
    """Sheet → column → field, as it was chosen."""
    chosen = job.options.get("mapping", {})
    return {sheet: {int(i): path for i, path in columns.items()} for sheet, columns in chosen.items()}


def sheets_of(sheets: list[excel.Sheet], mapped: imports.Mapped) -> list[dict[str, Any]]:
    """The sheets of a file with what each column may be."""
    return [
        {
            "name": one.name,
            "rows": len(one.rows),
            "columns": [
                {"index": i, "title": title, "field": mapped.get(one.name, {}).get(i)}
                for i, title in enumerate(one.titles)
            ],
        }
        for one in sheets
    ]


# the kinds by whose value a record is found again
FINDS = frozenset(
    {"text", "phone", "email", "serial", "id_card", "uscc", "passport", "select", "number", "date", "link"}
)


def fields_of(form: Form) -> dict[str, Any]:
    """What a column may fill, and by what a record is found."""
    fields = [{"path": p, "label": label, "required": one.required} for p, label, one in imports.paths(form)]
    tables = [
        {"path": f"{t.key}.#", "label": f"{t.label}.所属编号", "required": True} for t in form.subtables
    ]
    known = [{"key": one.key, "label": one.label} for one in form.fields if one.type in FINDS]
    number = {"path": "number", "label": "编号", "required": False}
    return {"fields": [number, *fields, *tables], "keys": [{"key": "number", "label": "编号"}, *known]}
