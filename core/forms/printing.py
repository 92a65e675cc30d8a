"""Commands on print templates: upload, an older version again, drop. What is in the file is checked at the edge."""

from __future__ import annotations

import re
from dataclasses import replace

from core.acting import Done
from core.commands import MarkPrintTemplate, SavePrintTemplate
from core.errors import Invalid, NotFound, Problem, UserError
from core.events import PrintTemplateChanged
from core.store.printing import PrintTemplate
from core.store.work import UnitOfWork

KINDS = ("docx", "xlsx")
MOST_TEMPLATES = 20
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def save_template(uow: UnitOfWork, command: SavePrintTemplate) -> Done:
    """Keep a file as the next version of a template. Raises Invalid, NotFound."""
    form = uow.shelf.form(command.form).form
    title = command.title.strip()[:40]
    wrong = [] if title else [Problem("title", "请写模板名称")]
    if not _KEY.fullmatch(command.key) or any(one.key == command.key for one in form.prints):
        wrong.append(Problem("key", "模板 key 用小写字母、数字和下划线，不能和表单里写的打印模板重复"))
    if command.kind not in KINDS:
        wrong.append(Problem("file", "模板要用 Word（.docx）或 Excel（.xlsx）文件"))
    heads = uow.templates.heads(form.key)
    if len(heads) >= MOST_TEMPLATES and all(one.key != command.key for one in heads):
        wrong.append(Problem("key", f"一个表单最多 {MOST_TEMPLATES} 个打印模板"))
    if wrong:
        raise Invalid(tuple(wrong))
    version = _newest(uow, form.key, command.key) + 1
    row = PrintTemplate(
        form.key,
        command.key,
        version,
        title,
        command.kind,
        command.name,
        uow.now,
        command.actor,
        dropped=False,
    )
    uow.templates.add(row, command.body)
    return Done(f"模板「{title}」的版本 {version} 已保存。", (_event(row, "upload"),), {"version": version})


def mark_template(uow: UnitOfWork, command: MarkPrintTemplate) -> Done:
    """Drop a template, or put one of its versions in force again. Raises NotFound."""
    version = command.version or _newest(uow, command.form, command.key)
    rows = uow.templates.history(command.form)
    found = next((one for one in rows if (one.key, one.version) == (command.key, version)), None)
    body = uow.templates.body(command.form, command.key, version)
    if found is None or body is None:
        raise NotFound("没有这个打印模板。")
    if command.what not in ("drop", "restore"):
        raise UserError("unknown_mark", "没有这种操作。")
    row = replace(
        found,
        version=_newest(uow, command.form, command.key) + 1,
        at=uow.now,
        by=command.actor,
        dropped=command.what == "drop",
    )
    uow.templates.add(row, body)
    said = "已停用" if row.dropped else f"已恢复为版本 {version} 的样子"
    return Done(f"模板「{row.title}」{said}。", (_event(row, command.what),), {"version": row.version})


def _newest(uow: UnitOfWork, form: str, key: str) -> int:
    return max((one.version for one in uow.templates.history(form) if one.key == key), default=0)


def _event(row: PrintTemplate, what: str) -> PrintTemplateChanged:
    where = f"form:{row.form}"
    return PrintTemplateChanged(where, row.form, row.key, row.version, what, row.title)
