"""A record's printed sheet as a file, drawn when it leaves the house: PDF, or what it would be made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.adapters.base import PlatformError
from bot.desk import Desk
from connect.printing import TYPES, Order, fill, finish
from core.commands import SYSTEM
from core.errors import NotFound, UserError
from core.store.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Paper:
    """A drawn sheet."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


async def paper_of(desk: Desk, row: OutboxRow) -> Paper:
    """The sheet that a row asks for. Raises PlatformError when the record or its template is gone."""
    form, record_id = row.body["about"]
    order = Order(str(form), (str(record_id),), str(row.body["paper"]), SYSTEM, base=desk.base_url)
    try:
        filled = await desk.read(lambda uow: fill(uow, order))
    except (UserError, NotFound) as error:
        raise PlatformError(f"打印件画不出来：{error.message}", code="paper", permanent=True) from error
    try:
        made = await finish(filled, "pdf")
    except UserError:  # this installation has no PDF: the page prints as well from any browser
        made = await finish(filled, "file")
    return Paper(f"{made.name}.{made.kind}", TYPES[made.kind], made.body)
