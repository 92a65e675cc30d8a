"""Random trees × random commands: never stuck, never two winners, every open instance has an owner, exact replay.

`pytest tests/flows/test_properties.py --flow-runs 20000` runs the full number; CI a smaller one, from the same seeds.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from core import canon
from core.commands import Command, FinishJob, FireTimer, Start
from core.errors import UserError
from core.events import FlowEvent, InstanceEnded, InstanceReopened, TaskDecided
from core.flows.instance import OPEN_STATES, Instance, TaskKind, TaskState
from core.flows.state import apply
from tests.flows.cast import NOW, PEOPLE, SmallWorld, act, blank
from tests.flows.random_flows import CROWD, Crowd, Grower

COMMANDS_A_RUN = 25


def test_random_flows_never_stick_and_replay_exactly(flow_runs: int):
    """随机流程 × 随机操作：永不卡住，永不两个胜者，未结束的一定有人或定时负责，重放事件得到同一个状态。"""
    refused = accepted = 0
    for seed in range(flow_runs):
        yes, no = one_run(seed)
        accepted, refused = accepted + yes, refused + no
    assert accepted > flow_runs, "most runs must get somewhere"
    assert refused, "some commands are nonsense, and refused"


def one_run(seed: int) -> tuple[int, int]:
    """One tree, up to 25 commands; how many were taken and refused."""
    dice = random.Random(seed)
    definition = Grower(dice).flow()
    deputies = {dice.choice(CROWD): dice.choice(CROWD)} if dice.random() < 0.3 else {}
    world = SmallWorld(deputies={a: b for a, b in deputies.items() if a != b})
    start = blank(total=dice.choice([-1, 50, 200, 9000]), owner=dice.choice(["chen", None]))
    crowd = Crowd(dice, definition)
    one, log, now = start, [], NOW
    one, events = act(definition, one, Start("li"), world)
    log += events
    crowd.hear(events)
    check(seed, one, crowd)
    taken = refused = 0
    for _ in range(COMMANDS_A_RUN):
        rests = not one.tasks or (one.state not in OPEN_STATES and dice.random() < 0.8)
        if rests and not crowd.jobs and not crowd.timers:
            break
        now += timedelta(minutes=dice.choice([1, 40]))
        if dice.random() < 0.2:
            one = replace(one, facts={**one.facts, "total": dice.choice([-1, 50, 200, 9000])})
        try:
            command = crowd.command(one) if one.tasks else crowd_only(crowd)
            one, events = act(definition, one, command, world, now)
        except UserError:
            refused += 1
            continue
        taken += 1
        log += events
        crowd.hear(events)
        check(seed, one, crowd)
        winners(seed, log)
    rebuilt = start
    for event in log:
        rebuilt = apply(rebuilt, event)
    same = canon.dumps(replace(rebuilt, facts={})) == canon.dumps(replace(one, facts={}))
    assert same, f"seed {seed}: replay differs"
    return taken, refused


def crowd_only(crowd: Crowd) -> Command:
    """No task yet: only a job or a timer can move it."""
    if crowd.jobs:
        job = crowd.jobs.pop(0)
        return FinishJob("system", "i", job.step, job.round)
    timer = crowd.timers.pop(0)
    return FireTimer("system", "i", timer.kind, timer.subject, timer.occurrence)


def check(seed: int, one: Instance, crowd: Crowd) -> None:
    """What must hold after every command."""
    if one.state not in OPEN_STATES:
        assert not one.live_tasks(), f"seed {seed}: over, and somebody is still asked"
        assert not one.active and not one.detours, f"seed {seed}: over, and something is under way"
        return
    tree = {step.key: step for step in crowd.definition.walk()}
    assert len(set(one.active)) == len(one.active), f"seed {seed}: a step is under way twice"
    leaves = [key for key in one.active if key not in tree or tree[key].kind != "branch"]
    assert leaves, f"seed {seed}: open, and nothing is under way"
    for key in leaves:
        assert owner(one, key, crowd), f"seed {seed}: nobody owns {key}"
    for task in one.open_tasks():
        assert PEOPLE.active(task.assignee), f"seed {seed}: {task.assignee} left, and is asked"
        assert task.step in one.active, f"seed {seed}: a task of a step that is not under way"
        assert task.round == one.rounds[task.step], f"seed {seed}: a task of an older round"
    for task in one.live_tasks():
        if task.state is TaskState.WAITING:
            assert waits_for_somebody(one, task), f"seed {seed}: {task.id} waits for nobody"
    for key in set(one.active) & set(tree):
        around = [
            branch for branch in tree if any(key in walk_keys(path.steps) for path in tree[branch].paths)
        ]
        assert set(around) <= set(one.active), f"seed {seed}: {key} is under way outside its branch"


def walk_keys(steps) -> set[str]:
    """Keys of steps and all below."""
    return {one.key for one in steps} | {k for one in steps for p in one.paths for k in walk_keys(p.steps)}


def owner(one: Instance, key: str, crowd: Crowd) -> bool:
    """An open task, a timer of this visit, or a job that is to be answered."""
    if one.open_tasks(key):
        return True
    visit = one.rounds[key]
    timed = any(t.kind == "delay" and t.subject == key and t.occurrence == str(visit) for t in crowd.timers)
    return timed or any(job.step == key and job.round == visit for job in crowd.jobs)


def waits_for_somebody(one: Instance, task) -> bool:
    """依次: somebody before it in the round; 加签: somebody below it."""
    below = any(other.parent == task.id and other.live for other in one.tasks)
    before = any(
        other.live and other.id != task.id and other.step == task.step for other in one.round_tasks(task.step)
    )
    return below or before


def winners(seed: int, log: list[FlowEvent]) -> None:
    """One verdict for each task, one end for each life of the instance."""
    decided = [event.task_id for event in log if isinstance(event, TaskDecided)]
    assert len(decided) == len(set(decided)), f"seed {seed}: two winners on one task"
    ends = sum(isinstance(event, InstanceEnded) for event in log)
    lives = 1 + sum(isinstance(event, InstanceReopened) for event in log)
    assert ends <= lives, f"seed {seed}: two ends"


def test_kinds_are_all_met(flow_runs: int):
    """随机流程里确实出现了会签、加签、退回和修复任务。"""
    kinds: set[str] = set()
    for seed in range(300):
        dice = random.Random(seed)
        definition = Grower(dice).flow()
        kinds |= {step.kind for step in definition.walk()}
    assert {"approve", "fill", "copy", "branch", "delay", "create", "end"} <= kinds
    assert TaskKind.REPAIR
