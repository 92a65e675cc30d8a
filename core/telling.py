"""Outbox rows for words that are no cards: chat texts, e-mails, SMS, group messages, papers.

Where a person is reached is looked up when the row is sent (bot/outbound), so that a corrected address helps the
next try; the words are fixed now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.reach import Channel, addresses_in
from core.store.groups import Group
from core.store.work import UnitOfWork

MAIL, SMS, GROUP, PAPER = "mail", "sms", "group", "paper"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said. about: (form, record) that an e-mail links to; paper: its sheet comes along, by template."""

    text: str
    subject: str = ""
    about: tuple[str, str] | None = None
    paper: str | None = None

    def body(self) -> dict[str, Any]:
        """As the outbox keeps it."""
        found: dict[str, Any] = {"text": self.text, "subject": self.subject}
        if self.about is not None:
            found["about"] = list(self.about)
        if self.paper is not None:
            found["paper"] = self.paper
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What the fields of `to` hold. odd: fields whose text is no address; empty fields are nobody's mistake."""

    addresses: tuple[tuple[Channel, str], ...]
    odd: tuple[str, ...]


def find_addresses(fields: Iterable[tuple[str, Any]]) -> Found:
    """(name, value) of each field → what can be written to, each address once."""
    addresses: dict[tuple[Channel, str], None] = {}
    odd = []
    for name, value in fields:
        here = addresses_in(value) if isinstance(value, str) else ()
        addresses |= dict.fromkeys(here)
        if not here and value not in (None, ""):
            odd.append(name)
    return Found(tuple(addresses), tuple(odd))


def chat_of(uow: UnitOfWork, person: str) -> str:
    """The platform on which to reach a person; "" when there is none."""
    found = uow.people.get(person)
    on = uow.house.platforms
    identities = found.identities if found else ()
    return next((one.platform for one in identities if not on or one.platform in on), "")


def tell_person(
    uow: UnitOfWork, person: str, channel: Channel, letter: Letter, at: datetime | None = None
) -> None:
    """By e-mail or SMS, or by chat with a paper."""
    if channel is Channel.CHAT:
        kind, platform = (PAPER if letter.paper is not None else "text"), chat_of(uow, person)
        if platform:
            uow.outbox.put_message(uow.ids(), kind, person, platform, letter.body(), uow.now, at=at)
            return
        said = f"{uow.people.called(person)}没有绑定钉钉或企业微信，收不到消息。"
        uow.incidents.raise_(uow.ids(), "unreachable", f"person:{person}", said, uow.now)
        return
    uow.outbox.put_message(uow.ids(), channel.value, person, channel.value, letter.body(), uow.now, at=at)


def tell_address(
    uow: UnitOfWork, address: tuple[Channel, str], letter: Letter, at: datetime | None = None
) -> None:
    """To an e-mail address or telephone number of anybody."""
    channel, to = address
    body, stream = {**letter.body(), "to": to}, f"{channel.value}:{to}"
    uow.outbox.put_message(uow.ids(), channel.value, "", channel.value, body, uow.now, at=at, stream=stream)


def tell_group(uow: UnitOfWork, group: Group, letter: Letter, at: datetime | None = None) -> None:
    """A text into a known group."""
    body = {"group": group.id, "name": group.name, "text": letter.text}
    stream = f"group:{group.id}"
    uow.outbox.put_message(uow.ids(), GROUP, "", group.platform, body, uow.now, at=at, stream=stream)


def tell_groups(uow: UnitOfWork, names: Iterable[str], letter: Letter, at: datetime | None = None) -> None:
    """Into every group of these names. A name nobody knows yet waits in the outbox as a dead letter would."""
    for name in names:
        found = uow.groups.named(name)
        for group in found:
            tell_group(uow, group, letter, at)
        if not found:
            body = {"group": "", "name": name, "text": letter.text}
            stream = f"group:{name}"
            uow.outbox.put_message(uow.ids(), GROUP, "", "", body, uow.now, at=at, stream=stream)
