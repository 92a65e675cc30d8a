"""Commands of the report engine. A picture is drawn when it is sent, from the numbers of that moment."""

from __future__ import annotations

from core.acting import Done
from core.commands import AskPicture
from core.events import PictureAsked
from core.store.work import UnitOfWork


def ask_picture(uow: UnitOfWork, command: AskPicture) -> Done:
    """Queue the chart of a report for who asked."""
    report = uow.shelf.report(command.report)
    body = {"report": report.key}
    uow.outbox.put_message(uow.ids(), "picture", command.actor, command.platform, body, uow.now)
    event = PictureAsked(f"report:{report.key}", report.key, command.actor, command.platform)
    return Done(f"正在画「{report.title}」……", (event,))
