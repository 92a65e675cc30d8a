"""Schedules: cron, or a day of each month; over the records of a form, or over none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from core.rules.base import CLOCK, Strict
from core.rules.cron import Cron

MONTHLY = {
    "last_day": "每月最后一天",
    "last_workday": "每月最后一个工作日",
    "first_workday": "每月第一个工作日",
}


class Schedule(Strict):
    """`cron` in the five usual parts, or `monthly` with `at`.

    of    for each record of this form that fulfils `if`; "" runs once, over nothing
    once  each record once in its life
    """

    cron: str = ""
    monthly: Literal["", "last_day", "last_workday", "first_workday"] = ""
    at: str = Field(default="09:00", pattern=CLOCK)
    of: str = ""
    once: bool = False

    @field_validator("cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        if value:
            Cron.parse(value)
        return value

    @model_validator(mode="after")
    def _one(self) -> Schedule:
        if bool(self.cron) == bool(self.monthly):
            raise ValueError("请写 cron 或 monthly，二者选一")
        if self.once and not self.of:
            raise ValueError("once 要和 of 一起写")
        return self

    @property
    def form(self) -> str:
        """The watched form, "" for none."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        when = (
            f"到了定时（{Cron.parse(self.cron).say()}）"
            if self.cron
            else f"到了{MONTHLY[self.monthly]} {self.at}"
        )
        once = "（每条数据只做一次）" if self.once else ""
        return f"{when}，逐条检查{names.get(self.of, self.of)}{once}" if self.of else when
