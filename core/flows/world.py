"""What the pure engine may ask about the world outside its instance; production, tests and dry runs each answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from core.flows.definition import Authority, Delay, Due
from core.flows.instance import Instance


class World(Protocol):
    """Answers over the record in `instance.facts`; no answer changes anything."""

    def holds(self, condition: str, instance: Instance) -> bool:
        """Whether a condition is true for the record."""

    def value(self, expression: str, instance: Instance) -> Any:
        """The value of an expression over the record; `客户.归属销售` follows a link."""

    def settled(self, wanted: Mapping[str, str], instance: Instance) -> Mapping[str, Any]:
        """The facts once these fields have these values (field → expression); as they were when that cannot be."""

    def authority(self, key: str) -> Authority | None:
        """A 授权表."""

    def due(self, start: datetime, due: Due | Delay, instance: Instance) -> datetime | None:
        """When it is due; None when the date field is empty."""

    def deputy(self, person: str, flow: str, now: datetime) -> str | None:
        """To whom a person has given their decisions in this flow (委托)."""
