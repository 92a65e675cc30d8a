"""What is asked to be printed → one file: any template, one record or many, as page, PDF, Word or Excel file."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import segno

from connect import facts, filling, labels, office, paper
from connect.paperparts import when
from connect.pdf import pdf
from core.commands import SYSTEM
from core.errors import NotFound, UserError
from core.forms.asking import names_for
from core.forms.life import seen
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.queries import flows, records
from core.queries.prints import LABELS
from core.store.printing import PrintTemplate
from core.store.work import UnitOfWork

MOST = 200
TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True)
class Order:
    """Print these records of a form on a template ("" = standard), for a person of a house."""

    form: str
    ids: tuple[str, ...]
    template: str = ""
    person: str = ""
    house: str = ""
    base: str = ""


@dataclass(frozen=True)
class Filled:
    """Files that were filled in, by name without ending; or one page that holds them all."""

    kind: str
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Printed:
    """What goes back to the browser."""

    name: str
    kind: str
    body: bytes


def fill(uow: UnitOfWork, order: Order) -> Filled:
    """Everything that needs the database. Raises NotFound for what the person does not see, UserError."""
    ids = list(dict.fromkeys(order.ids))
    if not ids or len(ids) > MOST:
        raise UserError("too_many", f"一次可以打印 1 到 {MOST} 张。")
    found = [seen(uow, order.form, id_, order.person) for id_ in ids]
    if order.template in LABELS:
        made = [_label(uow, one, order) for one in found]
        return Filled("html", (("标签", labels.sheet(order.template, made).encode()),))
    uploaded = next((one for one in uow.templates.heads(order.form) if one.key == order.template), None)
    if uploaded is not None:
        return _uploaded(uow, found, order, uploaded)
    own = paper.own_template(found[0][0], order.template)
    arounds = [_around(uow, one, order) for one in found]
    articles = tuple(paper.article(uow, one, around, own) for one, around in zip(found, arounds, strict=True))
    ready, record = found[0]
    title = f"{ready.form.title}{record.number}" if len(found) == 1 else f"{ready.form.title} {len(found)} 张"
    sheets = paper.Sheets(title, own.page if own else "A4", paper.foot(uow, arounds[0]), articles)
    return Filled("html", ((title, sheets.html().encode()),))


def _label(uow: UnitOfWork, one: tuple[ReadyForm, Record], order: Order) -> str:
    ready, record = one
    names = names_for(uow, ready.form, record.values)
    return labels.label(ready.form, record, names, _address(order, record))


def _address(order: Order, record: Record) -> str:
    return f"{order.base}/admin#/data/{record.form}/{record.id}"


def _around(uow: UnitOfWork, one: tuple[ReadyForm, Record], order: Order) -> paper.Around:
    ready, record = one
    return paper.Around(
        records.document(uow, ready.form, record),
        [flows.document(uow, flow) for flow in uow.instances.of_record(record.id)],
        _address(order, record),
        order.house,
        "" if order.person == SYSTEM else uow.people.called(order.person),
    )


def _uploaded(
    uow: UnitOfWork, found: Sequence[tuple[ReadyForm, Record]], order: Order, template: PrintTemplate
) -> Filled:
    body = uow.templates.body(template.form, template.key, template.version)
    if body is None:
        raise NotFound("没有这个打印模板。")
    files = []
    for one in found:
        around = _around(uow, one, order)
        told = facts_for(uow, one, around)
        name = f"{template.title}{one[1].number}"
        files.append((name, filling.fill(body, template.kind, told, code_png(around.address))))
    return Filled(template.kind, tuple(files))


def facts_for(uow: UnitOfWork, one: tuple[ReadyForm, Record], around: paper.Around) -> dict[str, Any]:
    """What a Word or Excel template may name, for one record."""
    ready, record = one
    names = names_for(uow, ready.form, record.values)
    document = around.document
    trail = [
        {
            "时间": when(row.get("at"), names),
            "人员": str(row.get("who") or ""),
            "处理": str(row.get("text") or ""),
            "意见": str(row.get("comment") or ""),
        }
        for flow in around.flows
        for row in flow["timeline"]
    ]
    system = {
        "公司": around.house,
        "表单": ready.form.title,
        "编号": record.number,
        "状态": document["state"]["text"],
        "创建人": document["created_by"],
        "创建时间": when(document["created_at"], names),
        "打印人": around.printed_by,
        "打印时间": f"{uow.now.astimezone(names.zone):%Y-%m-%d %H:%M}",
    }
    return facts.facts(ready.form, record, names, trail, system)


def code_png(address: str) -> bytes:
    """The QR code as a picture for Word and Excel."""
    out = io.BytesIO()
    segno.make(address[:1000], error="m", micro=False).save(out, kind="png", scale=6, border=2)
    return out.getvalue()


async def finish(filled: Filled, wanted: str) -> Printed:
    """As the format that was asked for. Raises UserError where this server cannot."""
    name, first = filled.files[0]
    if filled.kind == "html":
        if wanted == "pdf":
            return Printed(file_name(name), "pdf", await pdf(first.decode()))
        return Printed(file_name(name), "html", first)
    files, kind = filled.files, filled.kind
    if wanted == "pdf":
        files = tuple([(n, await asyncio.to_thread(office.to_pdf, body, kind)) for n, body in files])
        kind = "pdf"
    if len(files) == 1:
        return Printed(file_name(name), kind, files[0][1])
    return Printed(f"{file_name(name)} 等 {len(files)} 份", "zip", await asyncio.to_thread(_zip, files, kind))


def _zip(files: Sequence[tuple[str, bytes]], kind: str) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(f"{file_name(name)}.{kind}", body)
    return out.getvalue()


def file_name(text: str, longest: int = 80) -> str:
    """A text as a file name on every system."""
    return _UNFIT.sub("_", text).strip(" .")[:longest] or "_"
