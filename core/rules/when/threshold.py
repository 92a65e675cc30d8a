"""A figure out of an aggregate table crosses a line; with hysteresis, so that one dip is one firing."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from core.rules.base import Formula, Strict


class Threshold(Strict):
    """For each record of form `of`: the figure `value` against `below` or `above`.

    threshold  key of the aggregate table     of   the form whose records are watched
    value      expression over the table's measures (by label) and the record
    below, above  expression; the line. back: where the figure must come back to before it may fire again
    """

    threshold: str
    of: str
    value: Formula
    below: Formula = ""
    above: Formula = ""
    back: Formula = Field(default="", description="empty: the line itself")

    @model_validator(mode="after")
    def _one(self) -> Threshold:
        if bool(self.below) == bool(self.above):
            raise ValueError("请写 below（低于）或 above（高于），二者选一")
        return self

    @property
    def form(self) -> str:
        """The watched form."""
        return self.of

    @property
    def line(self) -> str:
        """The expression of the line."""
        return self.below or self.above

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        sign = "低于" if self.below else "高于"
        back = f"，回到 {self.back} 之后才会再次触发" if self.back else ""
        table = names.get(f"aggregate:{self.threshold}", self.threshold)
        return f"{names.get(self.of, self.of)}的 {self.value}（{table}）{sign} {self.line}{back}"
