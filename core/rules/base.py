"""What the parts of a rule's definition share: strict models, people, values to write."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

KEY = r"^[a-z][a-z0-9_]{0,39}$"
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Who(Strict):
    """One way to find people; exactly one is given. A plain text is a member field of the record."""

    field: str = ""
    manager_of: str = ""
    role: str = ""
    person: str = ""
    department_head_of: str = ""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Who:
        if sum(bool(getattr(self, name)) for name in Who.model_fields) != 1:
            raise ValueError("请只写一种找人的办法：成员字段、manager_of、role、person 或 department_head_of")
        return self

    def say(self) -> str:
        """As people read it."""
        if self.manager_of:
            return f"{self.manager_of}的上级"
        if self.department_head_of:
            return f"{self.department_head_of}的部门负责人"
        return self.field or (f"角色「{self.role}」" if self.role else f"人员「{self.person}」")


def _many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Formula = Annotated[str, BeforeValidator(_as_text)]
People = Annotated[tuple[Who, ...], BeforeValidator(_many)]


class Condition(Strict):
    """A part with a condition of its own; `if` in YAML."""

    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))


class Written(Condition):
    """Values for fields of a form, by field key or label.

    map  field → expression over what the rule sees;  set  field → constant, or a text with {名称} in it
    """

    map: dict[str, Formula] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)

    def say_values(self) -> str:
        """`数量 = 缺口，来源 = 安全库存`."""
        parts = [f"{name} = {text}" for name, text in self.map.items()]
        parts += [f"{name} = {_constant(value)}" for name, value in self.set.items()]
        return "，".join(parts)

    @property
    def targets(self) -> tuple[str, ...]:
        """The fields that are written, as the author named them."""
        return (*self.map, *self.set)


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"「{value}」" if isinstance(value, str) else str(value)


def say_people(people: People) -> str:
    """Several ways to find people."""
    return "、".join(one.say() for one in people)
