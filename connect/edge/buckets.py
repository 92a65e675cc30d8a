"""Limits in memory: a token bucket for each API key, a growing lock after wrong passwords."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEYS = 10_000
FORGET = 24 * 3600.0
LONGEST_LOCK = 3600.0


@dataclass(slots=True)
class _Level:
    left: float
    at: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A bucket's answer: may it go, how many are left, seconds until it is full, until the next token."""

    ok: bool
    left: int
    full_in: int
    next_in: float


class Buckets:
    """`rate` tokens a second for each name, at most `burst` at once."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def take(self, name: str) -> Taken:
        """Take one token."""
        now = self._clock()
        level = self._levels.pop(name, None) or _Level(self.burst, now)
        left = min(self.burst, level.left + (now - level.at) * self.rate)
        ok = left >= 1
        left -= ok
        self._levels[name] = _Level(left, now)
        while len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
        full = math.ceil((self.burst - left) / self.rate)
        return Taken(ok, int(left), full, max(0.0, (1 - left) / self.rate))


@dataclass(slots=True)
class _Failures:
    count: int
    at: float
    until: float


class Throttle:
    """After `allowed` failures a name is locked for 1 minute, then 2, 4 … up to an hour."""

    def __init__(self, allowed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._names: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until this name may try again; 0 when it may now."""
        found = self._names.get(name)
        return max(0.0, found.until - self._clock()) if found else 0.0

    def failed(self, name: str) -> float:
        """Count a failure; the seconds of the lock that it begins, 0 when it begins none."""
        now = self._clock()
        found = self._names.pop(name, None)
        if found is None or now - found.at > FORGET:
            found = _Failures(0, now, 0.0)
        found.count += 1
        found.at = now
        over = found.count - self._allowed
        lock = min(60.0 * 2**over, LONGEST_LOCK) if 0 <= over < 20 else LONGEST_LOCK if over > 0 else 0.0
        found.until = now + lock
        self._names[name] = found
        while len(self._names) > MOST_KEYS:
            self._names.popitem(last=False)
        return lock

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        self._names.pop(name, None)
