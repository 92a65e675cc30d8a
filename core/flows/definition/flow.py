"""A flow over a form: its tree of steps, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from core.flows.definition.base import Strict, yaml_on
from core.flows.definition.case import TrialCase
from core.flows.definition.policy import Dedup, Withdrawal
from core.flows.definition.step import Step


class Flow(Strict):
    """A flow over one form.

    department  a field of the form: the department that counts for who is in several; "" = their first one
    running     one: a record has one running instance at a time
    on          start, approved, rejected, withdrawn → field → expression
    tests       用例, walked before each publish (core/flows/cases.py)
    """

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = ""
    form: str
    steps: tuple[Step, ...] = Field(min_length=1)
    dedup: Dedup = Dedup.NONE
    withdraw: Withdrawal = Withdrawal()
    department: str = ""
    running: Literal["one", "many"] = "one"
    on: dict[Literal["start", "approved", "rejected", "withdrawn"], dict[str, str]] = Field(
        default_factory=dict
    )
    tests: tuple[TrialCase, ...] = Field(default=(), max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _on(cls, value: Any) -> Any:
        return yaml_on(value)

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
    key = step.key or (step.name if step.human else "")
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
