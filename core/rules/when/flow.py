"""Flow events: became effective, voided, started, ended, returned, a task was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.rules.base import Strict

WORDS = {
    "started": "开始审批",
    "ended": "审批结束",
    "returned": "被退回",
    "decided": "有人处理了审批",
}
VERDICTS = {"approve": "同意", "reject": "拒绝", "return": "退回"}


class Effective(Strict):
    """The record's approval ended in 通过."""

    effective: str

    @property
    def form(self) -> str:
        """The watched form."""
        return self.effective

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        return f"{names.get(self.effective, self.effective)}审批通过、生效"


class Voided(Strict):
    """The record's approval ended without taking effect: rejected or withdrawn."""

    voided: str

    @property
    def form(self) -> str:
        """The watched form."""
        return self.voided

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        return f"{names.get(self.voided, self.voided)}被拒绝、撤回或作废"


class FlowHappened(Strict):
    """Something happened in the flow of a form; `step` and `verdict` narrow "decided" down."""

    flow: Literal["started", "ended", "returned", "decided"]
    of: str
    step: str = ""
    verdict: Literal["", "approve", "reject", "return"] = ""

    @property
    def form(self) -> str:
        """The watched form."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        step = f"的步骤「{self.step}」" if self.step else ""
        verdict = f"，结论是{VERDICTS[self.verdict]}" if self.verdict else ""
        return f"{names.get(self.of, self.of)}{step}{WORDS[self.flow]}{verdict}"
