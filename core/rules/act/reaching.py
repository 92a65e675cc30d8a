"""What reminders, messages and papers share: people by e-mail and SMS, addresses in fields, groups."""

from __future__ import annotations

from collections.abc import Iterable

from core.reach import CHANNEL_NAMES, Channel
from core.rules.doing import Doing, told_at
from core.rules.thens import Reach
from core.telling import Letter, find_addresses, tell_address, tell_groups, tell_person


def letter_of(doing: Doing, spec: Reach, text: str, paper: str | None = None) -> Letter:
    """What is said, about the record in hand."""
    record = doing.case.record
    about = (record.form, record.id) if record is not None else None
    subject = doing.fill(spec.subject) if spec.subject else _subject(doing)
    return Letter(text, subject, about, paper)


def _subject(doing: Doing) -> str:
    record = doing.case.record
    return f"{doing.rule.title}：{record.title}" if record is not None else str(doing.rule.title)


def reach(
    doing: Doing, spec: Reach, people: Iterable[str], letter: Letter, *, kinds: tuple[Channel, ...] = ()
) -> None:
    """Everything but the chat of single people; quiet hours hold here too. kinds: which addresses count."""
    at = told_at(doing.uow, doing.rule)
    for channel in spec.by:
        if channel is Channel.CHAT:
            continue
        for person in people:
            tell_person(doing.uow, person, channel, letter, at)
            doing.notes.append(f"{CHANNEL_NAMES[channel]}给{doing.uow.people.called(person)}")
    for channel, address in addresses(doing, spec):
        if not kinds or channel in kinds:
            tell_address(doing.uow, (channel, address), letter, at)
            doing.notes.append(f"{CHANNEL_NAMES[channel]}到 {address}")
    tell_groups(doing.uow, spec.group, letter, at)
    doing.notes += [f"发到群「{name}」" for name in spec.group]


def addresses(doing: Doing, spec: Reach) -> list[tuple[Channel, str]]:
    """What the fields of `to` hold; an incident when nobody is told, or a field holds something else."""
    found = find_addresses((one.field, doing.value(one.field)) for one in spec.to)
    lonely = bool(spec.to) and not (found.addresses or spec.who or spec.group)
    for field in found.odd or ([one.field for one in spec.to] if lonely else ()):
        _nothing(doing, field)
    return list(found.addresses)


def _nothing(doing: Doing, field: str) -> None:
    uow, record = doing.uow, doing.case.record
    where = f"record:{record.form}:{record.id}" if record else f"rule:{doing.ready.key}"
    of = f"{record.title} 的" if record else ""
    text = f"规则「{doing.rule.title}」没有发出：{of}「{field}」里没有邮箱或手机号。"
    uow.incidents.raise_(uow.ids(), "no_address", where, text, uow.now)
    doing.notes.append(f"「{field}」里没有地址")
