"""The people and the small world of the engine's tests: no store, no network, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from core.commands import Command, Decide, Start
from core.events import FlowEvent
from core.flows.definition import Authority, Delay, Due, Flow
from core.flows.engine import advance
from core.flows.instance import Instance, InstanceState
from core.people import Department, Directory, Person, Role

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

PEOPLE = Directory(
    people={
        "boss": Person("boss", "赵总", department="top", title="总经理"),
        "wang": Person("wang", "王经理", department="sales", manager="boss", title="经理"),
        "li": Person("li", "小李", department="sales", manager="wang", title="销售"),
        "zhou": Person("zhou", "小周", department="sales", manager="wang", title="销售"),
        "chen": Person("chen", "陈主管", department="finance", manager="boss", title="经理"),
        "sun": Person("sun", "小孙", department="finance", manager="chen", title="出纳"),
        "liu": Person("liu", "刘主管", department="factory", manager="boss", title="经理"),
        "wu": Person(
            "wu", "小吴", department="factory", manager="liu", title="班长", more_departments=("sales",)
        ),
        "gone": Person("gone", "离职的人", active=False),
    },
    departments={
        "top": Department("top", "总经办", head="boss"),
        "sales": Department("sales", "销售部", "top", "wang"),
        "finance": Department("finance", "财务部", "top", "chen"),
        "factory": Department("factory", "生产部", "top", "liu"),
    },
    roles={
        "finance": Role("finance", "财务", ("chen", "gone")),
        "cashier": Role("cashier", "出纳", ("sun",)),
        "board": Role("board", "评审组", ("wang", "chen", "liu")),
        "admin": Role("admin", "系统管理员", ("boss",)),
        "empty": Role("empty", "空角色", ("gone",)),
    },
)


@dataclass
class SmallWorld:
    """Conditions and expressions are Python over the facts; hours are hours; delegations are a dict."""

    deputies: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Authority] = field(default_factory=dict)

    def holds(self, condition: str, instance: Instance) -> bool:
        return bool(self.value(condition, instance))

    def value(self, expression: str, instance: Instance) -> Any:
        return eval(expression, {"None": None}, _Facts(instance.facts))

    def settled(self, wanted: Mapping[str, str], instance: Instance) -> Mapping[str, Any]:
        return {**instance.facts, **{name: self.value(text, instance) for name, text in wanted.items()}}

    def authority(self, key: str) -> Authority | None:
        return self.tables.get(key)

    def due(self, start: datetime, due: Due | Delay, instance: Instance) -> datetime | None:
        if due.field:
            return instance.facts.get(due.field)
        if isinstance(due, Delay) and due.until:
            return datetime.fromisoformat(due.until).replace(tzinfo=UTC)
        return start + timedelta(days=due.days, hours=due.hours)

    def deputy(self, person: str, _flow: str, _now: datetime) -> str | None:
        return self.deputies.get(person)


class _Facts(dict):
    """A name that the record does not have is empty."""

    def __missing__(self, key: str) -> Any:
        return None


WORLD = SmallWorld()


def flow(text: str, **more: Any) -> Flow:
    """A flow from its steps."""
    return Flow.model_validate({"flow": "f", "form": "x", "steps": yaml.safe_load(text), **more})


def blank(initiator: str = "li", **facts: object) -> Instance:
    """An instance before its start."""
    return Instance(
        id="i",
        flow="f",
        flow_version=1,
        form="x",
        form_version=1,
        record_id="r",
        number="1",
        title="t",
        initiator=initiator,
        state=InstanceState.RUNNING,
        started_at=NOW,
        facts=facts,
    )


def begin(
    definition: Flow, initiator: str = "li", world: SmallWorld = WORLD, **facts: object
) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """A started instance."""
    return act(definition, blank(initiator, **facts), Start(initiator), world)


def act(
    definition: Flow, instance: Instance, command: Command, world: SmallWorld = WORLD, now: datetime = NOW
) -> tuple[Instance, tuple[FlowEvent, ...]]:
    """Advance in the small world."""
    return advance(definition, instance, command, now, PEOPLE, world)


def decide(definition: Flow, instance: Instance, who: str, verdict: str = "approve", **more: str) -> Instance:
    """The verdict of a person on their open task."""
    task = next(one for one in instance.open_tasks() if one.assignee == who)
    return act(definition, instance, Decide(who, task.id, verdict, **more))[0]


def asked(instance: Instance) -> list[str]:
    """Who is asked now."""
    return [one.assignee for one in instance.open_tasks()]
