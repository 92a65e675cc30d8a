"""The sandbox's own time: real time plus an offset that tests and the page may move forward."""

import asyncio
import time


class Clock:
    """Seconds since 1970 as the two clouds see them. `advance` also wakes everybody who sleeps by this
    clock.
    """

    def __init__(self) -> None:
        self.offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        due = self.now() + seconds
        while (left := due - self.now()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), left)
            except TimeoutError:
                continue
