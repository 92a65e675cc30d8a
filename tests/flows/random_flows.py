"""Random step trees and random commands, sensible or not; each from its seed."""

from __future__ import annotations

import random

from core.commands import (
    AddSign,
    Command,
    Decide,
    DropSign,
    FinishJob,
    FireTimer,
    Intervene,
    Remark,
    Resume,
    TakeOver,
    Transfer,
    Urge,
    Withdraw,
)
from core.events import FlowEvent, JobWanted, TimerSet
from core.flows.definition import Flow, Step
from core.flows.instance import Instance, InstanceState

WHO = (
    {"manager": 1},
    {"manager": 2},
    {"managers": 3},
    {"person": "boss"},
    {"role": "财务"},
    {"role": "空角色"},
    {"people": ["wang", "chen"]},
    {"role": "评审组"},
    {"department_head": True},
    {"member_of": "生产部"},
    "发起人",
    {"field": "owner"},
)
VOTES = (
    "any",
    "all",
    "in_turn",
    "one_pass",
    {"ratio": 60},
    {"weighted": {"陈主管": 3}, "pass": 3, "veto": ["王经理"]},
)
THEN = ("remind", "approve", "reject", "return", "escalate")
CROWD = ("li", "wang", "boss", "chen", "sun", "liu", "wu", "zhou", "gone")


class Grower:
    """Grows one tree."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.count = 0

    def flow(self) -> Flow:
        """A whole flow."""
        dice = self.dice
        return Flow.model_validate(
            {
                "flow": "f",
                "form": "x",
                "steps": self.steps(2),
                "dedup": dice.choice(["none", "none", "consecutive", "all"]),
                "withdraw": dice.choice([True, {"mend": True}, {"allowed": False}]),
            }
        )

    def steps(self, depth: int) -> list[dict[str, object]]:
        """One list of steps."""
        return [self.step(depth) for _ in range(self.dice.randint(1, 3))]

    def step(self, depth: int) -> dict[str, object]:
        """One step, branches among them."""
        self.count += 1
        dice, name = self.dice, f"步{self.count}"
        if depth and dice.random() < 0.4:
            return self.branch(depth)
        kind = dice.random()
        if kind < 0.06:
            return {"copy": {"who": {"role": "评审组"}}, "key": name}
        if kind < 0.12:
            return {"delay": {"hours": dice.choice([0.5, 4])}, "key": name}
        if kind < 0.18:
            return {"create": {"form": "y", "map": {}}, "key": name}
        if kind < 0.20:
            return {"end": dice.choice(["approved", "rejected"]), "key": name}
        if kind < 0.28:
            return {"fill": name, "who": dice.choice(WHO)}
        return self.approve(name)

    def approve(self, name: str) -> dict[str, object]:
        """A step that asks for verdicts."""
        dice = self.dice
        found: dict[str, object] = {
            "approve": name,
            "who": dice.choice(WHO),
            "vote": dice.choice(VOTES),
            "settle": dice.choice(["early", "early", "everyone"]),
            "same_as_initiator": dice.choice(["self", "skip", "head"]),
            "reject": dice.choice(["end", "end", "initiator", "previous"]),
            "returns": {"back": dice.choice(["straight", "rewalk", "changed"])},
        }
        if dice.random() < 0.3:
            found["due"] = {"hours": 8, "before": [1], "then": dice.choice(THEN)}
        if dice.random() < 0.3:
            found["nobody"] = dice.choice(["skip", "refuse", {"person": "boss"}])
        return found

    def branch(self, depth: int) -> dict[str, object]:
        """A branch of any mode."""
        dice, name = self.dice, f"步{self.count}"
        mode = dice.choice(["exclusive", "inclusive", "parallel", "parallel"])
        paths: list[dict[str, object]] = [
            {"steps": self.steps(depth - 1) if dice.random() < 0.9 else []} for _ in range(dice.randint(2, 3))
        ]
        if mode != "parallel":
            for path in paths[:-1]:
                path["if"] = dice.choice(["total > 5000", "total > 100", "total < 0"])
            paths[-1]["otherwise"] = True
        return {"branch": mode, "paths": paths, "key": name}


class Crowd:
    """People, timers and jobs that act on an instance."""

    def __init__(self, dice: random.Random, definition: Flow) -> None:
        self.dice = dice
        self.definition = definition
        self.humans: list[Step] = [one for one in definition.walk() if one.human]
        self.timers: list[TimerSet] = []
        self.jobs: list[JobWanted] = []

    def hear(self, events: tuple[FlowEvent, ...]) -> None:
        """Timers and jobs that were asked for."""
        self.timers += [one for one in events if isinstance(one, TimerSet)]
        self.jobs += [one for one in events if isinstance(one, JobWanted)]

    def command(self, one: Instance) -> Command:
        """Something that somebody might try."""
        dice = self.dice
        if self.jobs and dice.random() < 0.6:
            job = self.jobs.pop(0)
            ok = dice.random() < 0.8
            return FinishJob("system", "i", job.step, job.round, ok, "" if ok else "没有这条数据")
        if self.timers and dice.random() < 0.2:
            timer = self.timers.pop(dice.randrange(len(self.timers)))
            return FireTimer("system", "i", timer.kind, timer.subject, timer.occurrence)
        if one.state is InstanceState.RETURNED and dice.random() < 0.7:
            return Resume(next((task.assignee for task in one.open_tasks()), "li"), "i")
        return self._by_a_person(one)

    def _by_a_person(self, one: Instance) -> Command:
        dice = self.dice
        live = one.open_tasks()
        task = dice.choice(live) if live and dice.random() < 0.85 else dice.choice(one.tasks)
        who = task.assignee if dice.random() < 0.85 else dice.choice(CROWD)
        other = dice.choice(CROWD)
        step = dice.choice(self.humans).key if self.humans else "x"
        kind = dice.random()
        if kind < 0.45:
            return Decide(who, task.id, "approve")
        if kind < 0.52:
            return Decide(who, task.id, "reject", "不行")
        if kind < 0.68:
            to = dice.choice(["", "initiator", "previous", step])
            return Decide(
                who, task.id, "return", "改", to=to, back=dice.choice(["", "straight", "rewalk", "changed"])
            )
        if kind < 0.76:
            return Transfer(who, task.id, other)
        if kind < 0.88:
            people = tuple(dice.sample(CROWD, dice.randint(1, 2)))
            return AddSign(who, task.id, people, dice.choice(["before", "after", "beside"]))
        if kind < 0.89:
            return DropSign(dice.choice([who, other, task.assignee]), task.id)
        if kind < 0.90:
            return Withdraw(dice.choice(["li", who]), "i")
        if kind < 0.92:
            return Urge("li", "i")
        if kind < 0.94:
            return Remark(who, "i", "请看", (other,))
        if kind < 0.96:
            return TakeOver("boss", "i", task.assignee, other)
        action = dice.choice(["jump", "reassign", "reopen", "end"])
        confirmed = dice.choice(["chen", "boss"])
        return Intervene("boss", "i", action, "卡住了", confirmed, step=step, task_id=task.id, to=other)
