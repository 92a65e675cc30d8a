"""report: the picture of a report to people."""

from __future__ import annotations

from core.rules.doing import Doing, reachable
from core.rules.thens import PushReport


def do(doing: Doing, spec: PushReport) -> None:
    """The picture is drawn when it is sent, as each person may see it."""
    uow = doing.uow
    for person in doing.people(spec.who):
        platform = reachable(uow, person)
        if platform:
            uow.outbox.put_message(uow.ids(), "picture", person, platform, {"report": spec.report}, uow.now)
            doing.notes.append(f"把报表发给{uow.people.called(person)}")
