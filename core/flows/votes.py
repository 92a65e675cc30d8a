"""How the verdicts of one round become the verdict of its step. A seat is a task with the 加签 around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from core.errors import UserError
from core.flows.definition import Settle, Vote, VoteRule
from core.flows.instance import Task, TaskState, Verdict


@dataclass(frozen=True)
class Seat:
    """One person's place in a round; `verdict` None while it is open."""

    task: Task
    verdict: Verdict | None


def seats(round_tasks: Sequence[Task]) -> tuple[Seat, ...]:
    """The seats of a round, in the order in which they were asked; transferred and cancelled tasks are none."""
    return tuple(
        Seat(one, seat_verdict(one, round_tasks)) for one in round_tasks if not one.parent and _counts(one)
    )


def _counts(task: Task) -> bool:
    if task.state is TaskState.DECIDED:
        return task.verdict in (Verdict.APPROVE, Verdict.REJECT)
    return task.live


def seat_verdict(task: Task, round_tasks: Sequence[Task]) -> Verdict | None:
    """A refusal of anybody in a seat refuses it; else all of them have to agree."""
    signs = [seat_verdict(one, round_tasks) for one in round_tasks if one.parent == task.id and _counts(one)]
    if Verdict.REJECT in signs or (task.state is TaskState.DECIDED and task.verdict is Verdict.REJECT):
        return Verdict.REJECT
    if task.live or None in signs:
        return None
    return Verdict.APPROVE


def verdict_of(round_seats: Sequence[Seat], rule: VoteRule, settle: Settle = Settle.EARLY) -> Verdict | None:
    """The verdict of a round, or None while it is still open.

    或签 the first verdict decides. 会签, 依次: the first refusal decides, else everybody must agree.
    一票通过: one agreement decides, a refusal needs everybody. 比例: so many percent of the seats, rounded up.
    加权: the weights of those who agree reach `pass_at` (at most what all of them have together).
    A veto seat's refusal decides alone. EVERYONE: not before all have spoken.
    Raises UserError("nobody_to_ask") for an empty round: assign.py decides what happens then.
    """
    if not round_seats:
        raise UserError("nobody_to_ask", "这一步没有处理人。")
    is_open = any(one.verdict is None for one in round_seats)
    if is_open and settle is Settle.EVERYONE:
        return None
    if any(one.task.veto and one.verdict is Verdict.REJECT for one in round_seats):
        return Verdict.REJECT
    return _BY_MODE[rule.mode](round_seats, rule, is_open)


def _any(round_seats: Sequence[Seat], _rule: VoteRule, _is_open: bool) -> Verdict | None:
    said = [one.verdict for one in round_seats if one.verdict is not None]
    if len(said) > 1:  # all were heard: one agreement is enough
        return Verdict.APPROVE if Verdict.APPROVE in said else Verdict.REJECT
    return said[0] if said else None


def _all(round_seats: Sequence[Seat], _rule: VoteRule, is_open: bool) -> Verdict | None:
    if any(one.verdict is Verdict.REJECT for one in round_seats):
        return Verdict.REJECT
    return None if is_open else Verdict.APPROVE


def _one_pass(round_seats: Sequence[Seat], _rule: VoteRule, is_open: bool) -> Verdict | None:
    if any(one.verdict is Verdict.APPROVE for one in round_seats):
        return Verdict.APPROVE
    return None if is_open else Verdict.REJECT


def _ratio(round_seats: Sequence[Seat], rule: VoteRule, _is_open: bool) -> Verdict | None:
    counted = [(one.verdict, 1) for one in round_seats]
    return _reach(counted, ceil(len(round_seats) * rule.ratio / 100))


def _weighted(round_seats: Sequence[Seat], rule: VoteRule, _is_open: bool) -> Verdict | None:
    counted = [(one.verdict, one.task.weight) for one in round_seats]
    return _reach(counted, min(rule.pass_at, sum(weight for _, weight in counted)))


def _reach(counted: Sequence[tuple[Verdict | None, int]], need: int) -> Verdict | None:
    agreed = sum(weight for verdict, weight in counted if verdict is Verdict.APPROVE)
    unspoken = sum(weight for verdict, weight in counted if verdict is None)
    if agreed >= need and (agreed or not unspoken):
        return Verdict.APPROVE
    return Verdict.REJECT if agreed + unspoken < need else None


_BY_MODE = {
    Vote.ANY: _any,
    Vote.ALL: _all,
    Vote.IN_TURN: _all,
    Vote.ONE_PASS: _one_pass,
    Vote.RATIO: _ratio,
    Vote.WEIGHTED: _weighted,
}
