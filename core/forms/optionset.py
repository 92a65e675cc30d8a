"""A set of options that several forms share (选项集)."""

from __future__ import annotations

from pydantic import Field, model_validator

from core.forms.definition import KEY, OptionDef, Strict


class OptionSet(Strict):
    """One set: `options:` in YAML."""

    options: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=40)
    items: tuple[OptionDef, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _distinct(self) -> OptionSet:
        values = [one.value for one in self.items]
        twice = sorted({one for one in values if values.count(one) > 1})
        if twice:
            raise ValueError(f"选项重复：{'、'.join(twice)}")
        return self

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.options
