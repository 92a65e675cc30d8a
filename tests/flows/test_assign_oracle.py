"""The engine asks whom the words of W30–W40 say: random organisations and rules against a brute-force reading.

`--flow-runs 10000` plays all of the ten thousand; without it a seeded part.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from core.commands import Decide, Start
from core.flows.definition import Authority, Flow
from core.flows.engine import advance
from core.flows.instance import Instance, InstanceState, TaskState
from core.people import Department, Directory, Person, Role
from tests.flows import random_companies as random
from tests.flows.assign_oracle import Asked, Oracle
from tests.flows.cast import NOW, SmallWorld


@dataclass
class Record(SmallWorld):
    """Expressions are names of values."""

    def value(self, expression: str, instance: Instance) -> Any:
        return instance.facts[expression]


def directory(company: dict[str, Any]) -> Directory:
    """The organisation as the engine knows it."""
    people = {}
    for one in company["people"]:
        first, *more = [*one["departments"], None]
        people[one["id"]] = Person(
            one["id"],
            one["name"],
            title=one["title"],
            department=first,
            manager=one["manager"],
            active=one["active"],
            more_departments=tuple(department for department in more if department),
        )
    return Directory(
        people,
        {one["id"]: Department(**one) for one in company["departments"]},
        {one["id"]: Role(one["id"], one["name"], tuple(one["people"])) for one in company["roles"]},
    )


def played(
    company: dict[str, Any],
    record: dict[str, Any],
    table: dict[str, Any],
    flow: dict[str, Any],
    initiator: str,
    at_start: dict[str, tuple[str, ...]],
    later: dict[str, tuple[str, ...]],
) -> tuple[list[tuple[str, Asked]], str]:
    """Whom the engine asks, step by step, when everybody agrees; how it ends."""
    people, definition = directory(company), Flow.model_validate(flow)
    world = Record(tables={"表": Authority.model_validate(table)})
    one = Instance(
        "i",
        "some_flow",
        1,
        "some_form",
        1,
        "r",
        "N1",
        "t",
        initiator,
        InstanceState.RUNNING,
        NOW,
        facts=record,
    )
    one, _ = advance(definition, one, Start(initiator, at_start), NOW, people, world)
    for _ in range(200):
        opened = one.open_tasks()
        if not opened:
            break
        command = Decide(opened[0].assignee, opened[0].id, "approve", picks=later)
        one, _ = advance(definition, one, command, NOW, people, world)
    told: list[tuple[str, Asked]] = []
    for task in one.tasks:
        assert task.state is TaskState.DECIDED
        if not told or told[-1][0] != task.step:
            told.append((task.step, []))
        told[-1][1].append((task.assignee, task.decided_by == "system"))
    return told, one.state.value


def test_the_engine_asks_whom_the_words_say(flow_runs: int):
    """随机组织 × 随机规则：引擎找到的人与按文字逐条推出来的人完全一致。"""
    agreed = 0
    for seed in range(flow_runs):
        r = Random(seed)
        company = random.organisation(r)
        record = random.record(r, company)
        table, flow = random.table(r, company), random.rules(r, company)
        initiator = r.choice([one["id"] for one in company["people"] if one["active"]])
        at_start, later = (random.picks(r, company, flow, who) for who in ("initiator", "previous"))
        rest = (company, record, table, flow, initiator, at_start, later)
        told, state = played(*rest)
        expected = Oracle(*rest).run()
        assert (told, state) == expected, (seed, flow, initiator, at_start, later)
        agreed += 1
    assert agreed == flow_runs


def test_the_random_rules_reach_every_way_and_policy():
    """这些随机规则确实用到了每一种找人方式、每一种“找不到人”和去重。"""
    ways: set[str] = set()
    outcomes: set[str] = set()
    for seed in range(400):
        r = Random(seed)
        company = random.organisation(r)
        record = random.record(r, company)
        table, flow = random.table(r, company), random.rules(r, company)
        oracle = Oracle(company, record, table, flow, company["people"][0]["id"], {}, {})
        for step in flow["steps"]:
            people, how = oracle.step(step)
            outcomes.add(how if how != "ask" or people == oracle.find(step["who"], step) else "other")
            ways |= {"initiator" if one == "发起人" else next(iter(one)) for one in step["who"]}
        outcomes |= {"passed" for _, asked in oracle.run()[0] for _, passes in asked if passes}
    assert ways == set(random.WAYS)
    assert outcomes == {"ask", "other", "skip", "refuse", "admin", "passed"}
