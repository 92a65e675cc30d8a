"""E-mail by SMTP: one letter a call. Not a chat platform: nothing comes back, nothing can be updated.

A letter's Message-ID is made of the outbox row's id, so a repeat after a lost answer is the same letter to the
receiver's program. Headers are set through email.policy.SMTP, which refuses line breaks; texts are made one line
before, addresses are checked where they enter (core/reach.py).
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any, Literal

import aiosmtplib
from aiosmtplib import SMTP, SMTPException

from bot.adapters.base import PlatformError

SECONDS = 15.0
LOGIN_WAIT = 300.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
STYLE = "font:15px/1.7 -apple-system,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2329"


@dataclass(frozen=True, slots=True)
class MailConfig:
    """One mailbox. tls: `tls` from the first byte (465), `starttls` (587), `none` for a relay on the same machine."""

    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    password: str = field(repr=False)
    sender: str
    company: str = ""
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def from_settings(cls, settings: Any) -> MailConfig | None:
        """None while no host is set: then e-mail is off."""
        if not settings.mail_host:
            return None
        return cls(
            host=settings.mail_host,
            port=settings.mail_port,
            tls=settings.mail_tls,
            user=settings.mail_user,
            password=settings.mail_password.get_secret_value(),
            sender=settings.mail_from or settings.mail_user,
            company=settings.company,
        )


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a letter."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailLetter:
    """What one receiver gets. key: the same on each try; link: ("查看单据", address) or None."""

    to: str
    subject: str
    text: str
    key: str
    at: datetime
    link: tuple[str, str] | None = None
    files: tuple[Attachment, ...] = ()


class Mail:
    """Sends letters; opens a connection for each, since they are few."""

    def __init__(self, config: MailConfig) -> None:
        self._config = config

    async def send(self, letter: MailLetter) -> None:
        """Raises PlatformError."""
        message = compose(letter, self._config)
        try:
            async with self.connected() as server:
                await server.send_message(
                    message, sender=address_of(self._config.sender), recipients=[letter.to]
                )
        except (SMTPException, OSError, TimeoutError) as error:
            raise failure(error) from error

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[SMTP]:
        """A connection, logged in where there is a user. Raises SMTPException, OSError."""
        config = self._config
        server = SMTP(
            hostname=config.host,
            port=config.port,
            use_tls=config.tls == "tls",
            start_tls=config.tls == "starttls",
            tls_context=config.trust,
            timeout=SECONDS,
            username=config.user or None,
            password=config.password or None,
            local_hostname=_own_name(config),
        )
        async with server:
            yield server


def _own_name(config: MailConfig) -> str:
    """Never this machine's real name."""
    return address_of(config.sender).partition("@")[2] or "localhost"


def address_of(text: str) -> str:
    """The bare address of `中枢 <oa@hongda.example>`."""
    return parseaddr(text)[1]


def one_line(text: str, longest: int = 200) -> str:
    """A header's text: no line breaks, no other control or direction characters."""
    return _CONTROL.sub(" ", text).strip()[:longest]


def compose(letter: MailLetter, config: MailConfig) -> EmailMessage:
    """The letter as it goes over the wire. Raises PlatformError for an address that is none."""
    message = EmailMessage(policy=SMTP_POLICY)
    name, bare = parseaddr(config.sender)
    try:
        message["From"] = Address(one_line(name or config.company, 60), addr_spec=bare)
        message["To"] = Address(addr_spec=letter.to)
    except (ValueError, IndexError, MessageError) as error:
        raise PlatformError(f"「{letter.to[:60]}」不是邮箱地址", code="address", permanent=True) from error
    message["Subject"] = one_line(letter.subject) or one_line(letter.text, 40)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.key}@{bare.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    link = f"\n\n{letter.link[0]}：{letter.link[1]}" if letter.link else ""
    message.set_content(f"{letter.text}{link}\n", cte="base64")
    message.add_alternative(_html(letter), subtype="html", cte="base64")
    for one in letter.files:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.data, maintype=main, subtype=sub, filename=one_line(one.name, 100))
    return message


def _html(letter: MailLetter) -> str:
    """The same words; everything is escaped."""
    text = "".join(f"<p style='margin:0 0 8px'>{escape(line)}</p>" for line in letter.text.splitlines())
    link = ""
    if letter.link:
        look = "display:inline-block;padding:8px 18px;border-radius:6px;background:#1664ff;color:#fff"
        href = escape(letter.link[1], quote=True)
        link = f"<p><a href=\"{href}\" style='{look};text-decoration:none'>{escape(letter.link[0])}</a></p>"
    return f'<!doctype html><html><body style="{STYLE}">{text}{link}</body></html>'


def failure(error: Exception) -> PlatformError:
    """What the outbox has to know: whether a later try can help, and whether this one may have arrived."""
    if isinstance(error.__cause__ or error, ssl.SSLError):
        return PlatformError("邮件服务器的加密方式或证书不对", code="tls")
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return PlatformError("邮箱的用户名或密码不对", code="auth", retry_after=LOGIN_WAIT)
        case aiosmtplib.SMTPRecipientsRefused():
            refused = error.recipients[0]
            text = f"邮件服务器不收这个地址（{refused.code} {one_line(refused.message, 120)}）"
            return PlatformError(text, code=str(refused.code), permanent=refused.code >= 500)
        case aiosmtplib.SMTPResponseException():
            text = f"邮件服务器拒绝（{error.code} {one_line(str(error.message), 120)}）"
            return PlatformError(text, code=str(error.code), permanent=error.code >= 500)
        case aiosmtplib.SMTPConnectError() | socket.gaierror() | ConnectionRefusedError():
            return PlatformError("连接不上邮件服务器", code="unreachable")
    return PlatformError(f"邮件服务器没有应答（{type(error).__name__}）", code="no_answer", ambiguous=True)
