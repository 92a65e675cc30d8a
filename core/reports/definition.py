"""A report as data: measures of a form's records by dimensions, drawn as a chart.

report: expense_by_kind
title: 费用按类别
words: [费用]
source: expense_claim
measures: [{sum: 明细.金额, label: 金额}]
by: [明细.类别]                     # or {month: 日期}
chart: bar
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Measure(Strict):
    """A number: the sum of a field, or a count of records."""

    sum: str = ""
    count: bool = False
    label: str = ""

    @model_validator(mode="after")
    def _one(self) -> Measure:
        if bool(self.sum) == self.count:
            raise ValueError("指标写 sum: 字段，或者 count: true")
        return self

    @property
    def name(self) -> str:
        """What the legend says."""
        return self.label or (self.sum.rpartition(".")[2] if self.sum else "数量")


class Dimension(Strict):
    """What the numbers are grouped by: a field, or the month of a date field."""

    field: str = ""
    month: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Dimension:
        if bool(self.field) == bool(self.month):
            raise ValueError("维度写字段名，或者 {month: 日期字段}")
        return self

    @property
    def path(self) -> str:
        """The field it reads."""
        return self.field or self.month


class Report(Strict):
    """A report."""

    report: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field(min_length=1, max_length=40)
    words: tuple[str, ...] = ()
    source: str
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=4)
    by: tuple[Dimension, ...] = Field(min_length=1, max_length=2)
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    chart: Literal["bar", "stacked_bar", "line"] = "bar"
    unit: str = ""

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.report
