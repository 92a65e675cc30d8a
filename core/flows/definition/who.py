"""Who is asked: the ways to find people. `core/flows/who/` holds one function for each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from core.flows.definition.base import Strict, many


class Pick(StrEnum):
    """Who chooses: 发起人自选, 上一步审批人指定."""

    INITIATOR = "initiator"
    PREVIOUS = "previous"


class Chain(Strict):
    """逐级审批: the initiator's managers one after the other, up to and with the first that fits.

    level   how many; title: whose title this is; role: who holds it
    amount  an expression; limits: title → the amount that this title may decide; the first who may ends it
    """

    level: int | None = Field(default=None, ge=1, le=20)
    title: str = ""
    role: str = ""
    amount: str = ""
    limits: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"level": value}
        return {"title": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_end(self) -> Chain:
        given = [self.level is not None, bool(self.title), bool(self.role), bool(self.amount)]
        if sum(given) != 1:
            raise ValueError("逐级审批的终点写一种：level、title、role 或 amount")
        if bool(self.amount) != bool(self.limits):
            raise ValueError("按金额逐级时，amount 和 limits 要一起写")
        return self


class Who(Strict):
    """One way to find people; exactly one is given. `initiator` is also written 发起人.

    person, people    by id or name           role, member_of   all holders; members of a department
    manager           n-th manager of the initiator             managers          逐级 (Chain)
    department_head   of the initiator, n levels up (true = 1)  head_of           of a department by name
    field             people in a member field; `客户.归属销售` follows a link
    manager_of, department_head_of   of the person in that field
    department_field, head_of_field  members, head of the department in that field
    pick              somebody chooses, out of `among` when that is given
    expression        a person's or role's name     table    rows of a 授权表 (a definition `authority:`)
    """

    manager: int | None = Field(default=None, ge=1, le=20)
    managers: Chain | None = None
    role: str | None = None
    person: str | None = None
    people: tuple[str, ...] | None = None
    member_of: str | None = None
    head_of: str | None = None
    department_head: bool | int | None = None
    field: str | None = None
    manager_of: str | None = None
    department_head_of: str | None = None
    department_field: str | None = None
    head_of_field: str | None = None
    pick: Pick | None = None
    expression: str | None = None
    table: str | None = None
    initiator: bool | None = None
    admin: bool | None = None
    among: tuple[Who, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"initiator": True} if value in ("发起人", "initiator") else value

    @model_validator(mode="after")
    def _one_way(self) -> Who:
        if len(self.given()) != 1:
            raise ValueError(f"请只写一种找人的办法：{'、'.join(WAYS)}")
        if self.among and self.pick is None:
            raise ValueError("among 只和 pick 一起用")
        return self

    def given(self) -> list[str]:
        """The ways that are written; a checked model has exactly one."""
        return [name for name in WAYS if getattr(self, name) not in (None, False, (), "")]

    @property
    def way(self) -> str:
        """The name of the way."""
        return self.given()[0]


WAYS = tuple(name for name in Who.model_fields if name != "among")
People = Annotated[tuple[Who, ...], BeforeValidator(many)]


class Nobody(Strict):
    """What happens when nobody is found: skip the step, refuse the whole, or ask somebody else."""

    skip: bool = False
    refuse: bool = False
    instead: People = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value in ("skip", "refuse"):
            return {value: True}
        if value == "admin":
            return {"instead": {"admin": True}}
        if isinstance(value, list):
            return {"instead": value}
        if isinstance(value, dict) and not {"skip", "refuse", "instead"} & set(value):
            return {"instead": value}
        return value


Who.model_rebuild()
