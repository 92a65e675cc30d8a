"""Who is asked at a step: the ways that find people, and what happens when that is nobody or the initiator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.flows.definition import Flow, Pick, Selfsame, Step, Who
from core.flows.finders import FINDERS, Search, find_all
from core.flows.instance import Instance
from core.flows.world import World
from core.people import Directory


@dataclass(frozen=True)
class Asked:
    """The answer: people in order; `passes` of them agree without being asked.

    outcome  ask, skip (the step is passed), refuse (the flow ends), nobody (an administrator has to look)
    """

    people: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    outcome: str = "ask"


def search_for(flow: Flow, step: Step, instance: Instance, people: Directory, world: World) -> Search:
    """A search for the people of a step."""
    return Search(flow, instance, people, world, step.key, FINDERS)


def asked(step: Step, search: Search) -> Asked:
    """Who is asked: what `who` finds, else who stands in; what is to be done about the initiator holds for both."""
    found = _asked(step, step.who, search)
    policy = step.nobody
    if found is not None:
        return found
    if policy is not None and (policy.skip or policy.refuse):
        return Asked(outcome="skip" if policy.skip else "refuse")
    instead = _asked(step, policy.instead, search) if policy is not None else None
    return instead or Asked(outcome="nobody")


def _asked(step: Step, ways: Sequence[Who], search: Search) -> Asked | None:
    """The people that these ways find; None for nobody."""
    found = find_all(ways, search)
    if search.initiator in found and step.same_as_initiator is Selfsame.HEAD:
        found = _head_instead(found, search)
    passes = (search.initiator,) if step.same_as_initiator is Selfsame.SKIP else ()
    return Asked(found, tuple(one for one in passes if one in found)) if found else None


def _head_instead(found: tuple[str, ...], search: Search) -> tuple[str, ...]:
    head = search.people.head_above(search.initiator, 1, search.department(search.initiator))
    changed = (head if one == search.initiator else one for one in found)
    return tuple(dict.fromkeys(one for one in changed if one))


def weight_of(person: str, weights: Mapping[str, int], people: Directory) -> int:
    """The votes of a person: by their own name, else the most that one of their roles gives, else 1."""
    own = [weight for name, weight in weights.items() if _named(person, name, people)]
    if own:
        return own[0]
    by_role = [weight for name, weight in weights.items() if people.holds(person, name)]
    return max(by_role, default=1)


def has_veto(person: str, names: Sequence[str], people: Directory) -> bool:
    """True when a person or one of their roles is named."""
    return any(_named(person, name, people) or people.holds(person, name) for name in names)


def _named(person: str, name: str, people: Directory) -> bool:
    found = people.get(person)
    return found is not None and name in (found.id, found.name, found.nick)


def say(who: Who) -> str:
    """The way in Chinese, as in 「直属上级」."""
    return _SAID[who.way](who)


def _chain(who: Who) -> str:
    chain = who.managers
    if chain is None:
        return ""
    if chain.level:
        return f"逐级 {chain.level} 级上级"
    return "逐级上级至" + (
        chain.title or (f"角色「{chain.role}」" if chain.role else f"「{chain.amount}」的授权额度")
    )


def _levels(who: Who) -> str:
    level = 1 if who.department_head is True else int(who.department_head or 1)
    return "部门负责人" if level == 1 else f"往上第 {level} 级部门负责人"


_SAID: dict[str, Callable[[Who], str]] = {
    "manager": lambda who: "直属上级" if who.manager == 1 else f"第 {who.manager} 级上级",
    "managers": _chain,
    "role": lambda who: f"角色「{who.role}」",
    "person": lambda who: f"「{who.person}」",
    "people": lambda who: "、".join(f"「{one}」" for one in who.people or ()),
    "member_of": lambda who: f"「{who.member_of}」的成员",
    "head_of": lambda who: f"「{who.head_of}」的负责人",
    "department_head": _levels,
    "field": lambda who: f"字段「{who.field}」里的人",
    "manager_of": lambda who: f"「{who.manager_of}」的上级",
    "department_head_of": lambda who: f"「{who.department_head_of}」的部门负责人",
    "department_field": lambda who: f"「{who.department_field}」的成员",
    "head_of_field": lambda who: f"「{who.head_of_field}」的负责人",
    "pick": lambda who: "发起人自选" if who.pick is Pick.INITIATOR else "上一步审批人指定",
    "expression": lambda who: f"按「{who.expression}」",
    "table": lambda who: f"授权表「{who.table}」",
    "initiator": lambda who: "发起人",
    "admin": lambda who: "系统管理员",
}
