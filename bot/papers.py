"""A record's printed sheet as a file, drawn when it leaves the house: PDF, or HTML where no PDF can be made."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.adapters.base import PlatformError
from bot.desk import Desk
from connect.paper import page, pdf
from core.errors import NotFound, UserError
from core.queries import flows, records
from core.store.outbox import OutboxRow
from core.store.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Paper:
    """A drawn sheet."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


async def paper_of(desk: Desk, row: OutboxRow) -> Paper:
    """The sheet that a row asks for. Raises PlatformError when the record or its template is gone."""
    try:
        name, html = await desk.read(lambda uow: _sheet(uow, row, desk.base_url))
    except (UserError, NotFound) as error:
        raise PlatformError(f"打印件画不出来：{error.message}", code="paper", permanent=True) from error
    try:
        return Paper(f"{name}.pdf", "application/pdf", await pdf(html))
    except UserError:  # this installation has no PDF: the page prints as well from any browser
        return Paper(f"{name}.html", "text/html", html.encode())


def _sheet(uow: UnitOfWork, row: OutboxRow, base_url: str) -> tuple[str, str]:
    form_key, record_id = row.body["about"]
    ready = uow.shelf.form(str(form_key))
    record = uow.records.load(ready.form, str(record_id))
    if record is None:
        raise NotFound("单据已经不在了。")
    trail = [flows.document(uow, one) for one in uow.instances.of_record(record.id)]
    address = f"{base_url}/admin#/data/{record.form}/{record.id}"
    document = records.document(uow, ready.form, record)
    html = page(uow, (ready, record), document, trail, str(row.body["paper"]), address)
    return f"{ready.form.title}{record.number}", html
