"""Things a platform hands out that end: access tokens, and codes that work once (tickets, login codes,
response codes).
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sandbox.clock import Clock

Value = TypeVar("Value")
REMEMBERED = 100_000


class Why(StrEnum):
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"


class PassRefused(Exception):
    """A code that does not open anything (any more); `why` says which way."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass
class _Issued(Generic[Value]):
    value: Value
    until: float
    used: bool = False


class OneUse(Generic[Value]):
    """Codes that each carry a value, live for a while by the sandbox clock and work once."""

    def __init__(self, clock: Clock, lifetime: float, prefix: str = "") -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._prefix = prefix
        self._issued: dict[str, _Issued[Value]] = {}

    def issue(self, value: Value) -> str:
        code = self._prefix + secrets.token_urlsafe(24)
        self._issued[code] = _Issued(value, self._clock.now() + self._lifetime)
        if len(self._issued) > REMEMBERED:
            del self._issued[next(iter(self._issued))]
        return code

    def look(self, code: str) -> Value:
        """The value without using the code up. Raises PassRefused."""
        issued = self._issued.get(code)
        if issued is None:
            raise PassRefused(Why.UNKNOWN)
        if issued.used:
            raise PassRefused(Why.USED)
        if issued.until <= self._clock.now():
            raise PassRefused(Why.EXPIRED)
        return issued.value

    def use(self, code: str) -> Value:
        value = self.look(code)
        self._issued[code].used = True
        return value


class Tokens:
    """One access token at a time for each subject; asking again while it is valid gives the same one.

    `renews`: asking again starts the lifetime anew (DingTalk) or not (WeCom).
    """

    def __init__(self, clock: Clock, lifetime: int = 7200, *, renews: bool) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._renews = renews
        self._current: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self._subject: dict[str, str] = {}

    def issue(self, subject: str) -> tuple[str, int]:
        """The token and the seconds it has left."""
        token = self._current.get(subject, "")
        if self._until.get(token, 0) <= self._clock.now():
            token = secrets.token_hex(24)
            self._current[subject], self._subject[token] = token, subject
            self._until[token] = self._clock.now() + self._lifetime
        elif self._renews:
            self._until[token] = self._clock.now() + self._lifetime
        return token, int(self._until[token] - self._clock.now())

    def subject_of(self, token: str) -> str:
        """Whose token it is. Raises PassRefused when unknown or expired."""
        if token not in self._subject:
            raise PassRefused(Why.UNKNOWN)
        if self._until[token] <= self._clock.now():
            raise PassRefused(Why.EXPIRED)
        return self._subject[token]

    def expire_all(self) -> None:
        for token in self._until:
            self._until[token] = 0.0
