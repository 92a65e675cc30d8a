"""Test cases of a flow (用例): a made-up record, what people say, and the way it has to go."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from core.flows.definition.base import Strict, many

Say = Literal[
    "approve", "reject", "return", "transfer", "add_before", "add_after", "resubmit", "withdraw", "expire",
    "done", "fail", "on",
]  # fmt: skip
WORDS: dict[str, Say] = {
    "同意": "approve",
    "办理": "approve",
    "拒绝": "reject",
    "退回": "return",
    "转交": "transfer",
    "前加签": "add_before",
    "后加签": "add_after",
    "重新提交": "resubmit",
    "撤回": "withdraw",
    "超时": "expire",
    "回应": "done",
    "没有通过": "fail",
    "到时": "on",
}


class CaseAct(Strict):
    """What one person says; `at` the step and `person` whose task it is, both may be left out."""

    say: Say = "approve"
    at: str = ""
    person: str = ""
    to: str = ""
    back: str = ""
    people: tuple[str, ...] = ()
    values: dict[str, Any] = Field(default_factory=dict)
    picks: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("say", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return WORDS.get(value, value) if isinstance(value, str) else value


class TrialCase(Strict):
    """One case.

    by     who starts      values  of the record      acts  what is said; everybody else agrees
    path   the steps with people in their order; `{直属上级: 王强}` also says who is asked
    ends   how the flow stands in the end
    """

    name: str = Field(min_length=1, max_length=100)
    by: str
    values: dict[str, Any] = Field(default_factory=dict)
    picks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    acts: tuple[CaseAct, ...] = Field(default=(), max_length=100)
    path: tuple[str | dict[str, tuple[str, ...]], ...] = ()
    ends: Literal["", "approved", "rejected", "withdrawn", "ended", "returned", "running"] = ""

    @field_validator("path", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        parts = many(value)
        return [
            {key: many(one) for key, one in part.items()} if isinstance(part, dict) else part
            for part in parts
        ]

    @model_validator(mode="after")
    def _expects(self) -> TrialCase:
        if not self.path and not self.ends:
            raise ValueError("用例要写期望：path（经过的步骤）或 ends（最后的状态）")
        return self
