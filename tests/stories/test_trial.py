"""试走: what it foretells is what happens; nothing is written by it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core import canon
from core.commands import (
    SYSTEM,
    AddSign,
    CreateRecord,
    Decide,
    FireTimer,
    Publish,
    ReplaceDirectory,
    SubmitDraft,
    Transfer,
)
from core.events import FlowEvent
from core.flows.dump import text_of
from core.flows.instance import OPEN_STATES, Instance, InstanceState
from core.flows.simulate import simulate, started
from core.flows.trial import Act, Walk
from tests.company import Company, SetClock, count
from tests.flows.cast import PEOPLE
from tests.flows.random_flows import Grower
from tests.stories.test_procedures import WALKS, Procedure

FOLDED = {one.__name__ for one in FlowEvent.__subclasses__()}
RANDOM_FLOWS = 25


def told(action: str, body: dict[str, Any], instance: str) -> tuple[str, str]:
    """An event without its clock, its ids, and the digest over a record that has them."""
    without = ("instance_id", "at", "due_at", "record_id", "digest")
    rest = {k: v for k, v in body.items() if k not in without}
    return action, canon.dumps(rest).replace(instance, "I")


def happened(company: Company, instance: str) -> list[tuple[str, str]]:
    """What the trail of the audit says about an instance."""
    rows = company.read(lambda uow: uow.audit.of(f"instance:{instance}", 5000))
    rows = sorted(rows, key=lambda row: row.seq)
    return [told(r.action, canon.loads(r.body), instance) for r in rows if r.action in FOLDED]


def foretold(walk: Walk) -> list[tuple[str, str]]:
    """The same of a walk."""
    return [told(type(one).__name__, canon.loads(canon.dumps(one.body())), "dry") for one in walk.events]


def walk_it(
    company: Company, flow: str, by: str, values: dict[str, Any], acts: list[Act], **more: Any
) -> Walk:
    """Walk the flow in force."""

    def ask(uow: Any) -> Walk:
        found, _ = uow.shelf.flow(flow)
        ready = uow.shelf.form(found.form)
        return simulate(uow, found, started(uow, found, ready, by, values), acts, **more)

    return company.read(ask)


@pytest.mark.parametrize("name", WALKS)
async def test_the_walk_of_a_procedure_is_what_happens(small: Company, name: str):
    """十个流程：试走得到的事件与真实办理逐条相同；试走前后数据库一行不多。"""
    real = WALKS[name]
    run = Procedure(small, real)
    tables = ("audit", "outbox", "card", "instance", "task", "timer")
    values = run._files(real.by, real.values)
    acts = [
        Act("approve", step=act[0], person=act[1], values=run._files(act[1], act[2]) if len(act) > 2 else {})
        for act in real.acts
        if act[0] != "until"
    ]
    flow = small.read(
        lambda uow: next(
            uow.shelf.flow_of(key)[0].key
            for key in uow.shelf.keys("form")
            if real.word in uow.shelf.form(key).form.words and uow.shelf.flow_of(key)
        )
    )
    before = [small.read(lambda uow, t=table: count(uow, f"SELECT count(*) FROM {t}")) for table in tables]
    walk = walk_it(small, flow, real.by, values, acts)
    after = [small.read(lambda uow, t=table: count(uow, f"SELECT count(*) FROM {t}")) for table in tables]
    assert walk.problem == "", walk.problem
    assert before == after
    await run.begin()
    for act in real.acts:
        await run.act(*act)
    assert foretold(walk) == happened(small, run.id)


FORMS = """
form: x
title: 随机单
fields:
  - {key: total, label: total, type: number}
  - {key: keeper, label: owner, type: member}
---
form: y
title: 随机台账
fields:
  - {key: name, label: name, type: text}
"""


class Random:
    """One random flow in the company: random people act, each act is kept for the walk."""

    def __init__(self, company: Company, dice: random.Random) -> None:
        self.company, self.dice = company, dice
        self.acts: list[Act] = []
        self.id = ""

    @property
    def one(self) -> Instance:
        """As it stands."""
        return self.company.read(lambda uow: uow.instances.load(self.id))

    def time_passes(self) -> None:
        """While nobody is asked, the next delay fires at its time, as it does in a walk."""
        while self.one.state is InstanceState.RUNNING and not self.one.open_tasks():
            rows = self.company.read(
                lambda uow: [
                    row for row in uow.timers.due(uow.now.replace(year=2040)) if row.body["kind"] == "delay"
                ]
            )
            mine = sorted(
                (
                    r
                    for r in rows
                    if r.body["instance_id"] == self.id and r.body["subject"] in self.one.active
                ),
                key=lambda row: row.due_at,
            )
            assert mine, "nothing that could carry it on"
            self.company.clock.now = max(self.company.clock.now, mine[0].due_at)
            assert self.company.perform(FireTimer(SYSTEM, timer_id=mine[0].id, **mine[0].body)).ok

    def step(self) -> None:
        """Somebody says something sensible."""
        dice, one = self.dice, self.one
        task = one.open_tasks()[0]
        if one.state is InstanceState.RETURNED:
            draft = self.company.read(lambda uow: uow.drafts.of_record(one.record_id))
            if self.company.perform(SubmitDraft(task.assignee, draft.id)).ok:
                self.acts.append(Act("resubmit", person=task.assignee))
            return
        other = dice.choice(["li", "wang", "boss", "chen", "sun", "liu", "wu", "zhou"])
        say = dice.choices(
            ["approve", "reject", "return", "transfer", "add_before", "add_after"], [70, 5, 10, 5, 5, 5]
        )[0]
        back = dice.choice(["", "straight", "rewalk"])
        command = {
            "transfer": Transfer(task.assignee, task.id, other),
            "add_before": AddSign(task.assignee, task.id, (other,), "before"),
            "add_after": AddSign(task.assignee, task.id, (other,), "after"),
        }.get(say, Decide(task.assignee, task.id, say, "随机", back=back if say == "return" else ""))
        if self.company.perform(command).ok:
            comment = "随机" if say in ("approve", "reject", "return") else ""
            back = back if say == "return" else ""
            self.acts.append(
                Act(say, step=task.step, person=task.assignee, comment=comment, back=back, people=(other,))
            )


async def test_the_walk_of_a_random_flow_is_what_happens(small: Company, clock: SetClock):
    """随机流程树、随机操作（同意、拒绝、退回、转交、加签、等待）：试走的事件与真实引擎、真实数据库逐条相同。"""
    assert small.perform(ReplaceDirectory(SYSTEM, PEOPLE)).ok
    assert small.perform(Publish(SYSTEM, FORMS)).ok
    same = seed = 0
    while same < RANDOM_FLOWS:
        seed += 1
        dice = random.Random(seed)
        flow = Grower(dice).flow()
        if not small.perform(Publish(SYSTEM, text_of(flow))).ok:
            continue  # the linter refuses some trees, for example a role without people
        values = {"total": dice.choice([-1, 50, 200, 9000]), "keeper": dice.choice(["chen", None])}
        begun = clock.now
        outcome = small.perform(CreateRecord("li", "x", values))
        assert outcome.ok, outcome
        run = Random(small, dice)
        run.id = outcome.data["instance_id"]
        run.time_passes()
        for _ in range(14):
            if run.one.state not in OPEN_STATES:
                break
            run.step()
            run.time_passes()
        clock.now = begun
        walk = walk_it(small, "f", "li", values, run.acts)
        assert walk.problem == "", (seed, walk.problem)
        assert foretold(walk) == happened(small, run.id), seed
        same += 1
