"""A flow as data: a tree of steps. Blocks nest, so a published flow cannot deadlock (decision D3).

steps:
  - approve: 直属上级            # the kind of step is the key that holds its name
    who: {manager: 1}
  - branch: exclusive
    paths:
      - {if: 合计 > 5000, steps: [...]}
      - {otherwise: true, steps: [...]}
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

STEP_KINDS = ("approve", "copy", "branch", "end")


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Vote(StrEnum):
    """How the verdicts of several people become one: 会签 all, 或签 any."""

    ALL = "all"
    ANY = "any"


class Who(Strict):
    """One way to find people; exactly one is given. `initiator` is also written 发起人."""

    manager: int | None = Field(default=None, ge=1, le=20)
    role: str | None = None
    person: str | None = None
    department_head: bool | None = None
    initiator: bool | None = None
    admin: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"initiator": True} if value in ("发起人", "initiator") else value

    @model_validator(mode="after")
    def _one_way(self) -> Who:
        given = [name for name in Who.model_fields if getattr(self, name) not in (None, False)]
        if len(given) != 1:
            raise ValueError(
                "请只写一种找人的办法：manager、role、person、department_head、initiator 或 admin"
            )
        return self


def _many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


People = Annotated[tuple[Who, ...], BeforeValidator(_many)]


class Nobody(Strict):
    """What happens when nobody is found."""

    skip: bool = False
    instead: People = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict) and not {"skip", "instead"} & set(value):
            return {"instead": value}
        return value


class Path(Strict):
    """One way out of a branch."""

    name: str = ""
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    otherwise: bool = False
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> Path:
        if bool(self.condition) == self.otherwise:
            raise ValueError("每条路径写 if 条件，或者写 otherwise: true，二者选一")
        return self


class Step(Strict):
    """One step; `kind` is the key that held its name. Fields that do not belong to the kind are mistakes."""

    kind: Literal["approve", "copy", "branch", "end"]
    name: str
    key: str = ""
    who: People = ()
    vote: Vote = Vote.ANY
    nobody: Nobody | None = None
    paths: tuple[Path, ...] = ()
    result: Literal["approved", "rejected", "ended"] = "approved"

    @model_validator(mode="before")
    @classmethod
    def _kind_from_key(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "kind" in value:
            return value
        kinds = [kind for kind in STEP_KINDS if kind in value]
        if len(kinds) != 1:
            raise ValueError(f"每一步写一种：{'、'.join(STEP_KINDS)}")
        kind = kinds[0]
        rest = {key: part for key, part in value.items() if key != kind}
        return _READERS[kind](value[kind], rest)

    @model_validator(mode="after")
    def _complete(self) -> Step:
        if self.kind in ("approve", "copy") and not self.who:
            raise ValueError("这一步没有写由谁处理（who）")
        if self.kind == "branch" and not self.paths:
            raise ValueError("分支没有路径（paths）")
        return self


def _read_named(kind: str) -> Any:
    def read(name: Any, rest: dict[str, Any]) -> dict[str, Any]:
        return {"kind": kind, "name": str(name), **rest}

    return read


def _read_branch(mode: Any, rest: dict[str, Any]) -> dict[str, Any]:
    if mode != "exclusive":
        raise ValueError("branch 目前只支持 exclusive（排他）")
    return {"kind": "branch", "name": rest.pop("name", "条件分支"), **rest}


def _read_copy(value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kind": "copy", "name": value.get("name", "抄送"), "who": value.get("who", ()), **rest}
    return {"kind": "copy", "name": str(value), **rest}


def _read_end(value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "end", "name": rest.pop("name", "结束"), "result": value, **rest}


_READERS: dict[str, Any] = {
    "approve": _read_named("approve"),
    "copy": _read_copy,
    "branch": _read_branch,
    "end": _read_end,
}


class Flow(Strict):
    """A flow over one form."""

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = ""
    form: str
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keyed(self) -> Flow:
        """Give each step its key: the one that was written, else its name, else kind and place."""
        counter: dict[str, int] = {}
        object.__setattr__(self, "steps", tuple(_with_key(one, counter) for one in self.steps))
        return self

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.flow

    def walk(self) -> Iterator[Step]:
        """All steps, depth first, in the order in which they are written."""
        yield from _walk(self.steps)

    def step(self, key: str) -> Step | None:
        """The step with this key."""
        return next((one for one in self.walk() if one.key == key), None)


def _with_key(step: Step, counter: dict[str, int]) -> Step:
    key = step.key or (step.name if step.kind == "approve" else "")
    if not key:
        counter[step.kind] = counter.get(step.kind, 0) + 1
        key = f"{step.kind}_{counter[step.kind]}"
    paths = tuple(
        path.model_copy(update={"steps": tuple(_with_key(one, counter) for one in path.steps)})
        for path in step.paths
    )
    return step.model_copy(update={"key": key, "paths": paths})


def _walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    for one in steps:
        yield one
        for path in one.paths:
            yield from _walk(path.steps)


Path.model_rebuild()
