"""Time and chance, from one provider that is passed in, so that histories replay and clocks can be set."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Ids = Callable[[], str]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # two letters for ten bits
_SHIFTS = range(120, -1, -10)
_NOISE = (1 << 80) - 1


def system_clock() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def encode_id(milliseconds: int, noise: int) -> str:
    """A 26-character id that sorts by time: 48 bits of milliseconds, 80 bits of noise (the shape of a ULID)."""
    number = (milliseconds << 80) | noise
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


_LOW = 40  # bits that change from id to id; what is above them is written once
_LOW_SHIFTS = range(_LOW - 10, -1, -10)


class TimeSortedIds:
    """Unique over processes by 80 random bits; growing within one process even inside a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = (0, 0)
        self._high, self._head = -1, ""

    def __call__(self) -> str:
        with self._lock:
            now = time.time_ns() // 1_000_000
            last_ms, last_noise = self._last
            if now <= last_ms:
                self._last = (last_ms, last_noise + 1)
            else:
                self._last = (now, int.from_bytes(os.urandom(10)) >> 1)
            last_ms, last_noise = self._last
            return self._written((last_ms << 80) | last_noise)

    def _written(self, number: int) -> str:
        """As `encode_id`; within a millisecond the letters in front stay the same."""
        high = number >> _LOW
        if high != self._high:
            self._high, self._head = high, encode_id(number >> 80, number & _NOISE)[: -_LOW // 5]
        return self._head + "".join([_PAIRS[number >> shift & 1023] for shift in _LOW_SHIFTS])
