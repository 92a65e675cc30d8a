"""What the HTTP servers stand on, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from core.definitions import Parsed
from core.reports.definition import Report
from core.service import Service
from core.settings import Settings
from core.store.work import Store, UnitOfWork

Picture = Callable[[Report, str], Awaitable[bytes | None]]
Preview = Callable[[UnitOfWork, Parsed], "dict[str, Any] | None"]


class Platform(Protocol):
    """The part of a chat platform's adapter that pages need: to identify a visitor, to say how it is."""

    def login_url(self, back: str, state: str) -> str:
        """Where a visitor is sent; `state` is letters and digits."""

    async def login(self, code: str) -> str:
        """The platform's user id behind a one-time code."""

    def healthy(self) -> bool:
        """True while presses can reach us."""


def no_preview(_uow: UnitOfWork, _parsed: Parsed) -> dict[str, Any] | None:
    """Nothing is drawn."""
    return None


async def no_picture(_report: Report, _person: str) -> bytes | None:
    """Nothing is drawn."""
    return None


@dataclass(frozen=True)
class Deps:
    """Everything that routes need.

    adapters  by platform name;  preview  draws PREVIEW of docs/pages-api.md for a definition
    zone  the business zone;  refusals  what adapters raise when a login code is not accepted
    picture  draws a report for a person as PNG, None when it cannot
    """

    service: Service
    store: Store
    settings: Settings
    adapters: Mapping[str, Platform] = field(default_factory=dict)
    preview: Preview = no_preview
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    refusals: tuple[type[Exception], ...] = (Exception,)
    picture: Picture = no_picture

    @property
    def secure(self) -> bool:
        """True when people reach us by https."""
        return self.settings.base_url.startswith("https:")
