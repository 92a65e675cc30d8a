"""A date of the record (or of its sub-table rows) comes near, arrives, or is past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from core.rules.base import CLOCK, Strict


def _list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


Days = Annotated[tuple[int, ...], BeforeValidator(_list)]


class DateDue(Strict):
    """`date`: a date field, or `子表.列`; fires `days` after it (negative: before), at `at`.

    holidays "skip": what falls on a day off is done on the next working day
    """

    date: str
    of: str
    days: Days = Field(default=(0,), min_length=1, max_length=10)
    at: str = Field(default="09:00", pattern=CLOCK)
    holidays: str = Field(default="count", pattern="^(count|skip)$")

    @property
    def form(self) -> str:
        """The watched form."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        when = "、".join(_offset(one) for one in self.days)
        skip = "（节假日顺延）" if self.holidays == "skip" else ""
        return f"到了{names.get(self.of, self.of)}「{self.date}」的{when} {self.at}{skip}"


def _offset(days: int) -> str:
    if days == 0:
        return "当天"
    return f"前 {-days} 天" if days < 0 else f"后 {days} 天"
