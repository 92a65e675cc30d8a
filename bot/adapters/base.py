"""The seam to a chat platform: run, send, update, close; and the one error that crosses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.cards import Card, Message, Receive, Text


class PlatformError(Exception):
    """A platform refused or could not be reached.

    permanent    trying again is useless (bad receiver, bad template): park it with an incident
    retry_after  seconds the platform asks us to wait, or None
    gone         the card can no longer be updated (code used or expired): send a new one
    ambiguous    the call may have had its effect (time-out, reset, 5xx after the request was sent)
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        permanent: bool = False,
        retry_after: float | None = None,
        gone: bool = False,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.gone = gone
        self.ambiguous = ambiguous


@dataclass(frozen=True, slots=True)
class Handle:
    """What is needed to update a sent card: our external id, and a one-time code where the platform has one.

    repeated  the platform had this key already: the card shows what an earlier try drew, not this one
    """

    external_id: str
    code: str = ""
    code_expires_at: datetime | None = None
    repeated: bool = False


class Adapter(Protocol):
    """One chat platform. `to` is always the platform's own user id."""

    name: str

    async def run(self, receive: Receive) -> None:
        """Take presses and messages until cancelled; keeps itself connected, never raises for bad input."""

    async def send(self, to: str, message: Message, key: str) -> Handle:
        """Send a message; `key` is stable over retries and becomes the card's external id.

        Sending the same key twice is a success both times, the second one `repeated`. Raises PlatformError.
        """

    async def update(self, to: str, handle: Handle, card: Card) -> Handle:
        """Replace the card; returns the handle for the next update. Raises PlatformError (gone=True)."""

    async def send_group(self, way: str, address: str, text: Text, key: str) -> None:
        """A text into a group; way and address as core/store/groups.py keeps them. Raises PlatformError."""

    def login_url(self, back: str, state: str) -> str:
        """Where an H5 page sends its visitor to be identified; the platform returns to `back` with a code."""

    async def login(self, code: str) -> str:
        """The platform user id behind a one-time login code. Raises PlatformError."""

    def healthy(self) -> bool:
        """True while presses can reach us."""

    async def close(self) -> None:
        """End connections; pending acks first, at most a few seconds."""
