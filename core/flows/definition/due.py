"""Time of a step: when it is due, what happens before and after, how long a delay lasts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from core.flows.definition.base import Strict

Then = Literal["remind", "approve", "reject", "return", "escalate"]


class Due(Strict):
    """Due after working days or hours, or at a date field of the form.

    calendar   working: hours and days of the working calendar; natural: by the clock
    before     reminders, so many hours before      after: reminders, so many hours after
    then       what happens at expiry; `then: {remind: 2, escalate: true}` reminds twice, a day apart, and escalates
    """

    days: int = Field(default=0, ge=0, le=365)
    hours: float = Field(default=0, ge=0, le=2000)
    field: str = ""
    calendar: Literal["working", "natural"] = "working"
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    then: Then = "remind"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("then"), dict):
            return value
        rest, then = dict(value), dict(value["then"])
        times = int(then.pop("remind", 0) or 0)
        acts = [name for name, on in then.items() if on]
        if len(acts) > 1:
            raise ValueError("到期后（then）只能做一件事：approve、reject、return 或 escalate")
        rest["after"] = [*rest.get("after", ()), *(8.0 * (n + 1) for n in range(times))]
        rest["then"] = acts[0] if acts else "remind"
        return rest

    @model_validator(mode="after")
    def _some_time(self) -> Due:
        if bool(self.field) == bool(self.days or self.hours):
            raise ValueError("期限写 days、hours，或者写日期字段 field，二选一")
        return self


class Delay(Strict):
    """A pause: so long, until a date, or until the date in a field."""

    days: int = Field(default=0, ge=0, le=3650)
    hours: float = Field(default=0, ge=0, le=20000)
    until: str = ""
    field: str = ""
    calendar: Literal["working", "natural"] = "natural"

    @model_validator(mode="after")
    def _one(self) -> Delay:
        if sum([bool(self.days or self.hours), bool(self.until), bool(self.field)]) != 1:
            raise ValueError("等待写一种：days/hours、until（日期）或 field（日期字段）")
        return self
