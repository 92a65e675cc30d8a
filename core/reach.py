"""How words reach people beside cards, as data: by chat, e-mail or SMS, to addresses in fields, to groups.

by: [chat, mail, sms]      the ways to the people of `who`; chat when nothing is written
to: {field: 邮箱}           addresses that a field holds: e-mail addresses get an e-mail, telephone numbers an SMS
group: 销售群               chat groups by the name under which an administrator knows them
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ADDRESS_LENGTH = 100
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,90}[A-Za-z0-9])?")
_MOBILE = re.compile(r"\+?[0-9]{6,20}")
_BETWEEN = re.compile(r"[\s,;，；、]+")


class Channel(StrEnum):
    """One way to a person."""

    CHAT = "chat"
    MAIL = "mail"
    SMS = "sms"


CHANNEL_NAMES = {Channel.CHAT: "聊天", Channel.MAIL: "邮件", Channel.SMS: "短信"}


class Address(BaseModel):
    """A field (or `客户.邮箱` through a link) that holds e-mail addresses or telephone numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(min_length=1, max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value


def _many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


Channels = Annotated[tuple[Channel, ...], BeforeValidator(_many), Field(min_length=1, max_length=3)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(_many), Field(max_length=5)]
Groups = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60)], ...],
    BeforeValidator(_many),
    Field(max_length=5),
]
BY_CHAT: tuple[Channel, ...] = (Channel.CHAT,)


def is_email(text: str) -> bool:
    """Whether this can be the address of an e-mail: one line, ASCII, one @, nothing that could break a header."""
    return len(text) <= ADDRESS_LENGTH and bool(_EMAIL.fullmatch(text)) and ".." not in text


def is_mobile(text: str) -> bool:
    """Whether this can be a telephone number for an SMS: digits, perhaps with a + before them."""
    return bool(_MOBILE.fullmatch(text))


def masked(mobile: str) -> str:
    """A telephone number as lists show it."""
    return f"{mobile[:3]}{'*' * (len(mobile) - 7)}{mobile[-4:]}" if len(mobile) > 7 else mobile


def addresses_in(text: str) -> tuple[tuple[Channel, str], ...]:
    """(MAIL or SMS, address) of everything in a field's text that is one, each once."""
    found: dict[tuple[Channel, str], None] = {}
    for part in _BETWEEN.split(text.strip()):
        number = re.sub(r"[()\-]", "", part)
        if is_email(part):
            found[Channel.MAIL, part] = None
        elif is_mobile(number):
            found[Channel.SMS, number] = None
    return tuple(found)


def say_channels(channels: Iterable[Channel]) -> str:
    """`用聊天、邮件`; "" when it is chat alone."""
    given = tuple(channels)
    return "" if given == BY_CHAT else f"用{'、'.join(CHANNEL_NAMES[one] for one in given)}"


def say_more(to: Iterable[Address], groups: Iterable[str]) -> str:
    """`、「邮箱」里的地址、群「销售群」`, to stand behind the people of a sentence."""
    parts = [f"「{one.field}」里的地址" for one in to] + [f"群「{one}」" for one in groups]
    return "".join(f"、{one}" for one in parts)
