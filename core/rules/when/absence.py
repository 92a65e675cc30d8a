"""Absence: nothing happened for n days (or hours of working time)."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from core.rules.base import Strict


class Absence(Strict):
    """No record of form `absence` that links to a record of form `of` for more than `days` days.

    work_hours  instead of days: more than so many working hours (9–12, 13–18 on working days)
    holidays    "skip": on days that are no working days the rule waits for the next one
    """

    absence: str
    of: str
    days: int = Field(default=0, ge=0, le=3650)
    work_hours: int = Field(default=0, ge=0, le=2000)
    link: str = Field(default="", description="the linking field, when there are several")
    holidays: str = Field(default="count", pattern="^(count|skip)$")

    @model_validator(mode="after")
    def _one(self) -> Absence:
        if bool(self.days) == bool(self.work_hours):
            raise ValueError("请写 days（天）或 work_hours（工作小时），二者选一，至少为 1")
        return self

    @property
    def form(self) -> str:
        """The watched form."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        long = f"{self.days} 天" if self.days else f"{self.work_hours} 个工作小时"
        skip = "（节假日顺延）" if self.holidays == "skip" else ""
        return (
            f"{names.get(self.of, self.of)}超过 {long}没有新的{names.get(self.absence, self.absence)}{skip}"
        )
