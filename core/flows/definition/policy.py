"""What people may do on a step, and what it does: buttons, 退回, 撤回, refusals, field rights, de-duplication."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import model_validator

from core.flows.definition.base import Strict, many


class Button(StrEnum):
    """What can be offered on a task."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"
    TRANSFER = "transfer"
    ADD_BEFORE = "add_before"
    ADD_AFTER = "add_after"


class Right(StrEnum):
    """What a step allows with a field."""

    READ = "read"
    WRITE = "write"
    HIDDEN = "hidden"
    REQUIRED = "required"


class Back(StrEnum):
    """The way after a 退回: straight back, walk all again, or walk again only if watched fields changed."""

    STRAIGHT = "straight"
    REWALK = "rewalk"
    CHANGED = "changed"


Watch = tuple[str, ...]


class Returns(Strict):
    """退回. `to`: initiator, previous, any, or keys of steps; `choose`: the returner picks the way back."""

    to: tuple[str, ...] = ("initiator", "previous", "any")
    back: Back = Back.REWALK
    watch: Watch = ()
    choose: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"to": [value]}
        if isinstance(value, dict) and "to" in value:
            return {**value, "to": many(value["to"])}
        return value


class OnReject(StrEnum):
    """What a refusal does: end it all, or send it back."""

    END = "end"
    INITIATOR = "initiator"
    PREVIOUS = "previous"


class Selfsame(StrEnum):
    """Who is asked = who started: 自己审批, 自动跳过, 交给部门负责人."""

    SELF = "self"
    SKIP = "skip"
    HEAD = "head"


class Dedup(StrEnum):
    """The same approver again: ask again, pass when the step right before was theirs, pass when any was."""

    NONE = "none"
    CONSECUTIVE = "consecutive"
    ALL = "all"


class Withdrawal(Strict):
    """撤回. `before`: not once this step was reached; `mend`: it comes back to its initiator, else it ends.

    back  the way after mending: rewalk from the start, straight to where it was, or by what changed
    """

    allowed: bool = True
    before: str = ""
    mend: bool = False
    back: Back = Back.REWALK

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"allowed": value} if isinstance(value, bool) else value
