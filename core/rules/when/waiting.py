"""An approval waits too long for a person."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.rules.base import Strict


class Waiting(Strict):
    """A task of a form's flow is open for more than `workdays` working days. `waiting`: the form, or "*"."""

    waiting: str
    workdays: int = Field(ge=1, le=365)

    @property
    def form(self) -> str:
        """The watched form, "" for all."""
        return "" if self.waiting == "*" else self.waiting

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        of = "任何单据" if self.waiting == "*" else names.get(self.waiting, self.waiting)
        return f"{of}的审批等待超过 {self.workdays} 个工作日"
