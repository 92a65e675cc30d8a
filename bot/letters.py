"""E-mails and SMS out of outbox rows: who exactly gets them, the link to the record, the attached sheet."""

from __future__ import annotations

from bot.adapters.base import PlatformError
from bot.adapters.mail import Attachment, Mail, MailLetter
from bot.adapters.sms import Sms
from bot.desk import Desk
from bot.papers import paper_of
from core.store.outbox import CardRow, OutboxRow
from core.store.work import UnitOfWork
from core.telling import chat_of

LETTER = "letter"
LOOK = "查看单据"


class Letters:
    """Sends the outbox rows of the kinds `mail` and `sms`; a way that is not set up refuses and says its setting."""

    def __init__(self, desk: Desk, mail: Mail | None, sms: Sms | None) -> None:
        self._desk = desk
        self._mail = mail
        self._sms = sms

    async def mail(self, row: OutboxRow) -> None:
        """Raises PlatformError."""
        if self._mail is None:
            raise PlatformError("还没有设置发信邮箱：ZHONGSHU_MAIL_HOST", code="off", permanent=True)
        to = row.body.get("to") or await self._desk.read(lambda uow: _email(uow, row.person))
        card = await self._desk.write(lambda uow: link_card(uow, row)) if _inside(row) else None
        files: tuple[Attachment, ...] = ()
        if "paper" in row.body:
            paper = await paper_of(self._desk, row)
            files = (Attachment(paper.name, paper.media_type, paper.data),)
        letter = MailLetter(
            to=str(to),
            subject=str(row.body["subject"]),
            text=str(row.body["text"]),
            key=row.id,
            at=row.created_at,
            link=(LOOK, self._desk.link(card)) if card else None,
            files=files,
        )
        await self._mail.send(letter)

    async def sms(self, row: OutboxRow) -> None:
        """Raises PlatformError."""
        if self._sms is None:
            raise PlatformError("还没有设置短信网关：ZHONGSHU_SMS_URL", code="off", permanent=True)
        to = row.body.get("to") or await self._desk.read(lambda uow: _mobile(uow, row.person))
        await self._sms.send(str(to), str(row.body["text"]), row.id)


def _inside(row: OutboxRow) -> bool:
    """A link is for people of the house: others could not log in, and need no address of ours."""
    return bool(row.person and row.body.get("about"))


def _email(uow: UnitOfWork, person: str) -> str:
    found = uow.people.get(person)
    if found is None or not found.email:
        said = f"{uow.people.called(person)}没有填邮箱，请在管理页面「人员」里补上后重试"
        raise PlatformError(said, code="no_address", permanent=True)
    return found.email


def _mobile(uow: UnitOfWork, person: str) -> str:
    found = uow.people.get(person)
    if found is None or not found.mobile:
        said = f"{uow.people.called(person)}没有填手机号，请在管理页面「人员」里补上后重试"
        raise PlatformError(said, code="no_address", permanent=True)
    return found.mobile


def link_card(uow: UnitOfWork, row: OutboxRow) -> CardRow | None:
    """The handle behind an e-mail's link: a card that is shown nowhere, so nothing is ever sent for it.

    Opened, it leads to the login of the person's chat platform and then to the record, as links on cards do.
    """
    platform = chat_of(uow, row.person)
    if not platform:
        return None
    subject = (LETTER, row.id)
    found = uow.cards.of_subject(subject, row.person)
    if found:
        return found[0]
    card = uow.cards.want(uow.ids(), subject, row.person, platform, uow.now)
    uow.cards.shown(card.id, card.wanted_version)
    return card
