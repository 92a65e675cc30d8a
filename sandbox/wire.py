"""Every exchange between the product and the two clouds, kept for the page and for tests, and told to
listeners as it happens.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.people import Platform

KEPT = 5000


@dataclass
class Exchange:
    """One request and its answer. direction: to_cloud (the product calls) or from_cloud (the cloud
    pushes).
    """

    id: int
    at: float
    platform: Platform
    direction: str
    channel: str
    method: str
    path: str
    status: int = 0
    ms: float = 0.0
    request: Any = None
    response: Any = None
    xml: str | None = None
    reply_xml: str | None = None
    attempt: int = 1
    warnings: list[str] = field(default_factory=list)


class Bus:
    """Fan-out to the open event streams of the page. A slow listener loses its oldest news, never the
    newest.
    """

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[dict[str, Any]]] = set()

    def tell(self, news: dict[str, Any]) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(news)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1000)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)


class Wire:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ids = itertools.count(1)
        self._shown: set[int] = set()
        self._kept: deque[Exchange] = deque(maxlen=KEPT)

    def begin(
        self, at: float, platform: Platform, direction: str, path: str, *, channel: str, method: str
    ) -> Exchange:
        """A record to be filled in; `done` makes it visible."""
        return Exchange(next(self._ids), at, platform, direction, channel, method, path)

    def done(self, exchange: Exchange) -> None:
        """Show the record, or tell that a shown one has its answer now."""
        if exchange.id not in self._shown:
            self._kept.append(exchange)
            self._shown.add(exchange.id)
            self._shown.discard(exchange.id - KEPT)
        keys = ("id", "platform", "direction", "path", "status", "ms")
        self._bus.tell({"type": "wire"} | {key: getattr(exchange, key) for key in keys})

    def last(self, limit: int, after: int = 0) -> list[dict[str, Any]]:
        """Oldest first; `after` is the id of the last one already seen."""
        if limit <= 0:
            return []
        return [asdict(e) for e in [e for e in self._kept if e.id > after][-limit:]]


def readable(body: bytes | str, content_type: str) -> Any:
    """A body for the log: JSON as JSON, text as text, anything else as its size."""
    if content_type.startswith(("multipart/", "image/")):
        return f"<{content_type}, {len(body)} bytes>"
    try:
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        return f"<{len(body)} bytes>"
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
