"""The neutral model between handlers and adapters: what is shown to a person, and what comes back.

A card is data: texts, rows, inputs and buttons. A button carries a name and values, never a closure, so it
works after a restart. Each adapter translates these shapes to its platform and back (`render`, `parse`);
what a platform's card cannot hold is replaced by a button to `Card.link`, the H5 page with the same draft.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})


class Tone(StrEnum):
    """The state a card's head shows by its colour."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    INFO = "info"


class Style(StrEnum):
    """The weight of a button."""

    PRIMARY = "primary"
    NORMAL = "normal"
    DANGER = "danger"


class InputKind(StrEnum):
    """What a card's input asks for; each adapter has its own widget or none."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    SELECT = "select"
    MULTI_SELECT = "multi_select"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Field:
    """One row of label and value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select input."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a card.

    value  the present value: text (numbers and dates as text, `2026-11-24`, `2026-11-24 09:30`),
           a tuple of option values for MULTI_SELECT, a bool for SWITCH, None when empty
    error  a sentence shown at the field; empty when it is right
    """

    key: str
    label: str
    kind: InputKind
    required: bool = False
    readonly: bool = False
    options: tuple[Option, ...] = ()
    value: str | tuple[str, ...] | bool | None = None
    placeholder: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A press sends `name` and `values` back; with `url` it opens that page instead."""

    name: str
    text: str
    style: Style = Style.NORMAL
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    status   one word beside the title; "" lets the platform say what the tone says
    token    opaque proof of what was shown; each press brings it back (`core.tokens`)
    submit   the button that sends the inputs; None without inputs
    link     the H5 page of the same thing; opened where the platform's card cannot hold an input
    summary  one line for the conversation list and for notifications
    note     a line under the content: errors of the last submit, who decided, what comes next
    """

    title: str
    tone: Tone = Tone.OPEN
    body: str = ""
    fields: tuple[Field, ...] = ()
    inputs: tuple[Input, ...] = ()
    submit: Button | None = None
    buttons: tuple[Button, ...] = ()
    note: str = ""
    link: str = ""
    link_text: str = "查看详情"
    summary: str = ""
    status: str = ""
    token: str = ""

    def plain(self) -> str:
        """The card as text, for consoles, logs of tests and platforms without cards."""
        lines = [f"【{self.title}】", self.body]
        lines += [f"{row.label}：{row.value}" for row in self.fields]
        lines += [f"{one.label}：{one.value or ''}  {one.error}".rstrip() for one in self.inputs]
        lines.append(self.note)
        presses = [*(b.text for b in self.buttons), *([self.submit.text] if self.submit else [])]
        lines.append(" ".join(f"[{text}]" for text in presses))
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Text:
    """A plain message."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image message: PNG bytes, an ASCII file name, and the words for those who cannot see it."""

    data: bytes = field(repr=False)
    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class File:
    """A file message; `name` ends in pdf or html."""

    data: bytes = field(repr=False)
    name: str


Message = Card | Text | Picture | File


@dataclass(frozen=True, slots=True)
class Click:
    """A press on a card, as the platform's authenticated channel delivered it.

    actor     the platform's user id of who pressed; the only source of identity
    card      the external id under which we sent the card (outTrackId, task_id)
    button    the button's name; inputs: what was typed or chosen, by input key, raw text or tuples
    delivery  the key that is equal for each redelivery of this one press
    code      a one-time code that came with the press and lets the card be updated later; "" if none
    """

    platform: str
    actor: str
    card: str
    button: str
    delivery: str
    token: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    inputs: Mapping[str, object] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a person wrote to the bot; in a group (its title), whose id can be written to later."""

    platform: str
    actor: str
    text: str
    delivery: str
    name: str = ""
    group: str = ""
    group_id: str = ""


async def _nothing() -> None:
    """Nobody waits for this answer to be shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press or message is answered with, in the same breath.

    message  a Card replaces the pressed card for who pressed it; Text is a short reply or toast
    shown    awaited by the adapter once the platform has taken the answer
    """

    message: Card | Text | None = None
    shown: Callable[[], Awaitable[None]] = _nothing


Receive = Callable[[Click | Said], Awaitable[Answer]]
