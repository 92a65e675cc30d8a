"""Who is asked: each way to find people is one small function of the same shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.flows.definition import Nobody, Who
from core.people import Directory, active_only

Finder = Callable[[Who, str, Directory], tuple[str | None, ...]]


def _manager(who: Who, initiator: str, people: Directory) -> tuple[str | None, ...]:
    return (people.manager(initiator, who.manager or 1),)


def _role(who: Who, _initiator: str, people: Directory) -> tuple[str | None, ...]:
    return people.holders(who.role or "")


def _person(who: Who, _initiator: str, people: Directory) -> tuple[str | None, ...]:
    found = people.find(who.person or "")
    return (found[0].id,) if len(found) == 1 else ()


def _department_head(_who: Who, initiator: str, people: Directory) -> tuple[str | None, ...]:
    return (people.department_head(initiator),)


def _initiator(_who: Who, initiator: str, _people: Directory) -> tuple[str | None, ...]:
    return (initiator,)


def _admin(_who: Who, _initiator: str, people: Directory) -> tuple[str | None, ...]:
    return people.holders("admin")


FINDERS: dict[str, Finder] = {
    "manager": _manager,
    "role": _role,
    "person": _person,
    "department_head": _department_head,
    "initiator": _initiator,
    "admin": _admin,
}


def find(ways: Sequence[Who], initiator: str, people: Directory) -> tuple[str, ...]:
    """The active people that the ways find, without repeats, in the order in which they are written."""
    found: list[str | None] = []
    for who in ways:
        name = next(name for name in FINDERS if getattr(who, name) not in (None, False))
        found.extend(FINDERS[name](who, initiator, people))
    return active_only(people, found)


def find_or_instead(
    ways: Sequence[Who], nobody: Nobody | None, initiator: str, people: Directory
) -> tuple[str, ...] | None:
    """Who is asked; None when the step is to be skipped; empty when nobody could be found at all."""
    found = find(ways, initiator, people)
    if found or nobody is None:
        return found
    return None if nobody.skip else find(nobody.instead, initiator, people)


def say(who: Who) -> str:
    """The way in Chinese, as in 「直属上级」."""
    texts = {
        "manager": "直属上级" if who.manager == 1 else f"第 {who.manager} 级上级",
        "role": f"角色「{who.role}」",
        "person": f"「{who.person}」",
        "department_head": "部门负责人",
        "initiator": "发起人",
        "admin": "系统管理员",
    }
    return next(texts[name] for name in FINDERS if getattr(who, name) not in (None, False))
