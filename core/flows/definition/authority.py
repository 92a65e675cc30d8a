"""授权表: who decides, by conditions; the first row that holds counts. A definition of its own kind.

authority: purchase_authority
title: 采购授权表
form: purchase
rows:
  - {if: 金额 <= 5000, who: {manager: 1}}
  - {otherwise: true, who: {role: 总经理}}
"""

from __future__ import annotations

from pydantic import AliasChoices, Field, model_validator

from core.flows.definition.base import Strict
from core.flows.definition.who import People


class AuthorityRow(Strict):
    """One row."""

    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    otherwise: bool = False
    who: People = Field(min_length=1)

    @model_validator(mode="after")
    def _either(self) -> AuthorityRow:
        if bool(self.condition) == self.otherwise:
            raise ValueError("每一行写 if 条件，或者写 otherwise: true，二者选一")
        if any(one.table or one.pick for one in self.who):
            raise ValueError("授权表里不能再写 table 或 pick")
        return self


class Authority(Strict):
    """A 授权表 over one form."""

    authority: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = ""
    form: str
    rows: tuple[AuthorityRow, ...] = Field(min_length=1, max_length=500)

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.authority
