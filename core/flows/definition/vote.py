"""How the verdicts of several people become one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from core.flows.definition.base import Strict


class Vote(StrEnum):
    """或签 any, 会签 all, 依次 in_turn, 一票通过 one_pass (a refusal needs everybody), 比例 ratio, 加权 weighted."""

    ANY = "any"
    ALL = "all"
    IN_TURN = "in_turn"
    ONE_PASS = "one_pass"  # noqa: S105  (one agreement is enough)
    RATIO = "ratio"
    WEIGHTED = "weighted"


class Settle(StrEnum):
    """EARLY: as soon as the result is certain. EVERYONE: when all have spoken."""

    EARLY = "early"
    EVERYONE = "everyone"


class VoteRule(Strict):
    """Written as a word, or `{ratio: 60}`, or `{weighted: {财务: 3}, pass: 4, veto: [总经理]}`.

    ratio     percent of the people asked; rounds up to whole people
    weights   name of a person or role → weight, 1 for everybody else; `pass_at` is the weight that is needed
    veto      whose refusal decides alone (person or role); with any mode
    """

    mode: Vote = Vote.ANY
    ratio: int = Field(default=100, ge=1, le=100)
    weights: dict[str, int] = Field(default_factory=dict)
    pass_at: int = Field(default=0, ge=0)
    veto: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"mode": value}
        if not isinstance(value, dict) or "mode" in value:
            return value
        rest = dict(value)
        if "pass" in rest:
            rest["pass_at"] = rest.pop("pass")
        if "weighted" in rest:
            weights = rest.pop("weighted")
            return {**rest, "mode": "weighted", "weights": weights}
        return {**rest, "mode": "ratio"} if "ratio" in rest else rest

    @model_validator(mode="after")
    def _complete(self) -> VoteRule:
        if (self.mode is Vote.WEIGHTED) != bool(self.pass_at):
            raise ValueError("加权表决要写 weighted（谁几票）和 pass（几票通过），别的方式不写")
        if any(not 1 <= one <= 1000 for one in self.weights.values()):
            raise ValueError("每人的票数在 1 到 1000 之间")
        return self
