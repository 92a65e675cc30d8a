"""From what happened to whom to tell: events → cards that want a new look, and their outbox rows.

A row says *whom to tell about what*, never what a card looks like: it is drawn when it is sent.
Subjects: draft (a form being filled, then the progress of its record), task, instance (progress of a record
that had no draft), copy, reminder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.events import (
    CommentAdded,
    CopySent,
    DraftOpened,
    DraftSaved,
    Event,
    FlowEvent,
    NobodyFound,
    RecordCommented,
    ReminderAnswered,
    ReminderMade,
    RemindersMade,
    TaskCancelled,
    TaskDecided,
    TaskOpened,
    TaskReady,
    TaskReassigned,
    TaskReminded,
    TaskTransferred,
    TaskUrged,
    TaskWaits,
)
from core.flows.instance import Instance, TaskKind, TaskState
from core.store.drafts import Draft
from core.store.outbox import CARD, REMINDER, URGENT, CardRow
from core.store.work import UnitOfWork

# The pressed card changes in the platform's own answer; this row repairs it should that answer be lost.
ANSWER_FIRST = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Tell:
    """Show a subject to a person. platform "": where they are; update_only: only where it is shown already.

    again  a card that is there already comes once more, at the end of the chat (reminders, 催办)
    """

    subject: tuple[str, str]
    person: str
    priority: int = CARD
    platform: str = ""
    update_only: bool = False
    after: datetime | None = None
    again: bool = False


def tell(uow: UnitOfWork, events: Sequence[Event], pressed: str = "") -> int:
    """Write the card and outbox rows for some events; the number of rows.

    pressed  id of the card whose button caused this
    """
    if uow.house.quiet:
        return 0
    wanted: dict[tuple[tuple[str, str], str, str], Tell] = {}
    around = _Around(uow)
    for event in events:
        for one in _tells(around, event):
            key = (one.subject, one.person, one.platform)
            if key not in wanted or wanted[key].update_only:
                wanted[key] = one
    spoken = [one for one in events if isinstance(one, RecordCommented)]
    said = sum(_mention(uow, event, person) for event in spoken for person in event.mentions)
    said += sum(_many(uow, one) for one in events if isinstance(one, RemindersMade))
    return said + sum(_put(uow, one, pressed) for one in wanted.values())


def _many(uow: UnitOfWork, event: RemindersMade) -> int:
    """Cards of reminders that a sweep made, in bulk: they are all new."""
    people = {person for _, _, person in event.reminders}
    where = {person: platform for person in people if (platform := _where(uow, person))}
    cards = [
        (uow.ids(), reminder, person, where[person])
        for reminder, _, person in event.reminders
        if person in where
    ]
    uow.cards.add_all("reminder", cards, uow.now)
    uow.outbox.put_cards(cards, REMINDER, event.after or uow.now, uow.now)
    return len(cards)


def _mention(uow: UnitOfWork, event: RecordCommented, person: str) -> int:
    """A plain message to somebody who was mentioned in a comment."""
    platform = _where(uow, person)
    if not platform:
        return 0
    text = f"有人在「{event.title}」的评论里提到了您：{event.text[:300]}"
    uow.outbox.put_message(uow.ids(), "text", person, platform, {"text": text}, uow.now)
    return 1


class _Around:
    """What the events of one command are about, read once."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self._found: dict[str, tuple[Instance, Draft | None] | None] = {}

    def instance(self, id_: str) -> tuple[Instance, Draft | None] | None:
        """An instance, and the draft from which its record was made."""
        if id_ not in self._found:
            instance = self.uow.instances.load(id_)
            draft = self.uow.drafts.of_record(instance.record_id) if instance else None
            self._found[id_] = (instance, draft) if instance else None
        return self._found[id_]


def _tells(around: _Around, event: Event) -> list[Tell]:
    match event:
        case DraftOpened():
            subject = ("draft", event.draft_id)
            return [Tell(subject, event.person, URGENT, event.platform)] if event.platform else []
        case DraftSaved():
            return [Tell(("draft", event.draft_id), event.person, update_only=True)]
        case ReminderMade():
            return [Tell(("reminder", event.reminder_id), event.person, REMINDER, after=event.after)]
        case ReminderAnswered():
            return [Tell(("reminder", event.reminder_id), event.by, update_only=True)]
        case FlowEvent():
            return _flow_tells(around, event)
    return []


def _flow_tells(around: _Around, event: FlowEvent) -> list[Tell]:  # noqa: PLR0911  (one a case)
    found = around.instance(event.instance_id)
    if found is None:
        return []
    uow, (instance, draft) = around.uow, found
    progress = _progress(instance, draft)
    match event:
        case TaskOpened() if event.kind == TaskKind.REVISE.value and event.assignee == instance.initiator:
            # sent also where no card was before: what was made by a program or for somebody else has none
            mend = [Tell(("draft", draft.id), instance.initiator)] if draft else []
            return [*mend, *progress]
        case TaskOpened() | TaskReady() | TaskReassigned():
            task = instance.task(event.task_id)
            if task is None or task.state is not TaskState.OPEN:
                return progress
            return [Tell(("task", task.id), task.assignee), *progress]
        case TaskReminded() | TaskUrged():
            task = instance.task(event.task_id)
            return [Tell(("task", task.id), task.assignee, REMINDER, again=True)] if task else []
        case CommentAdded():
            return _mentioned(uow, instance, event)
        case TaskWaits():
            task = instance.task(event.task_id)
            return [
                Tell(("task", event.task_id), task.assignee if task else event.by, update_only=True),
                *progress,
            ]
        case TaskDecided() | TaskCancelled() | TaskTransferred():
            task = instance.task(event.task_id)
            who = task.assignee if task else event.by
            return [Tell(("task", event.task_id), who, update_only=True), *progress]
        case CopySent():
            if event.person == instance.initiator:
                return []
            return [Tell(("copy", instance.id), event.person)]
        case NobodyFound():
            where = f"instance:{instance.id}"
            text = f"「{instance.title}」的步骤「{event.name}」找不到处理人，已交给系统管理员。"
            uow.incidents.raise_(uow.ids(), "nobody_found", where, text, uow.now)
            return []
    return progress


def _progress(instance: Instance, draft: Draft | None) -> list[Tell]:
    """The cards that say where it stands: the initiator's; of 代发起 also that of who filled it in."""
    on_its_own = Tell(("instance", instance.id), instance.initiator)
    if draft is None:
        return [on_its_own]
    own = Tell(("draft", draft.id), instance.initiator, update_only=True)
    if not instance.started_by:
        return [own]
    return [on_its_own, own, Tell(("draft", draft.id), instance.started_by, update_only=True)]


def _mentioned(uow: UnitOfWork, instance: Instance, event: CommentAdded) -> list[Tell]:
    """Who was named in a comment reads it as a message."""
    text = f"{uow.people.called(event.by)}在「{instance.title}」里提到您：{event.text}"
    for person in event.mentions:
        platform = _where(uow, person)
        if platform:
            uow.outbox.put_message(uow.ids(), "text", person, platform, {"text": text}, uow.now)
    return [Tell(("instance", instance.id), instance.initiator, update_only=True)]


def _put(uow: UnitOfWork, one: Tell, pressed: str) -> int:
    cards = uow.cards.of_subject(one.subject, one.person)
    if one.again:
        for card in cards:
            uow.cards.renew(card)
    wanted = [uow.cards.bump(card) for card in cards]
    if not cards and not one.update_only:
        platform = one.platform or _where(uow, one.person)
        if platform:
            wanted = [uow.cards.want(uow.ids(), one.subject, one.person, platform, uow.now)]
    for card in wanted:
        _queue(uow, card, one, pressed)
    return len(wanted)


def _queue(uow: UnitOfWork, card: CardRow, one: Tell, pressed: str) -> None:
    at = uow.now + ANSWER_FIRST if card.id == pressed else one.after or uow.now
    uow.outbox.put_card(uow.ids(), card, one.priority, at, uow.now)


def _where(uow: UnitOfWork, person: str) -> str:
    """The platform on which to reach a person; an incident when there is none."""
    found = uow.people.get(person)
    on = uow.house.platforms
    for identity in found.identities if found else ():
        if not on or identity.platform in on:
            return identity.platform
    text = f"{uow.people.called(person)}没有绑定钉钉或企业微信，收不到待办卡片。"
    uow.incidents.raise_(uow.ids(), "unreachable", f"person:{person}", text, uow.now)
    return ""
