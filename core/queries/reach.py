"""Where words and calls go: groups with who writes to them, and other systems with which definition calls them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.flows.definition import Flow
from core.queries.records import iso
from core.rules.definition import Rule
from core.rules.thens import Action, Reach
from core.store.work import UnitOfWork


def groups(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every known group, and every name that a definition writes to without there being such a group."""
    uses = _uses(uow)
    known = uow.groups.all()
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "platform": one.platform,
            "way": one.way,
            "learned": one.learned,
            "created_at": iso(one.created_at),
            "uses": uses.get(one.name, []),
        }
        for one in known
    ]
    named = {one.name for one in known}
    missing = [{"name": name, "uses": some} for name, some in sorted(uses.items()) if name not in named]
    return [*rows, *({"id": "", "platform": "", "way": "", "learned": False, **one} for one in missing)]


def _uses(uow: UnitOfWork) -> dict[str, list[str]]:
    """group name → titles of the definitions that write to it."""
    found: dict[str, list[str]] = {}
    for title, names in _written(uow):
        for name in names:
            found.setdefault(name, []).append(title)
    return {name: list(dict.fromkeys(titles)) for name, titles in found.items()}


def _written(uow: UnitOfWork) -> Iterator[tuple[str, tuple[str, ...]]]:
    for rule in _rules(uow):
        for action in actions_of(rule):
            if isinstance(action.spec, Reach):
                yield f"规则「{rule.title}」", action.spec.group
    for flow in _flows(uow):
        for step in flow.walk():
            yield f"流程「{flow.title or flow.key}」", step.group


def actions_of(rule: Rule) -> tuple[Action, ...]:
    """A rule's own actions and those of its ladder."""
    return (*rule.then, *(one for rung in rule.escalate for one in rung.actions(rule.then)))


def destinations(uow: UnitOfWork) -> list[dict[str, str]]:
    """Every call to another system: kind and key of the definition, its title, the address."""
    rows = [
        {"kind": "rule", "key": rule.key, "title": rule.title, "url": action.http.url}
        for rule in _rules(uow)
        for action in actions_of(rule)
        if action.http is not None
    ]
    rows += [
        {"kind": "flow", "key": flow.key, "title": flow.title or flow.key, "url": step.webhook.url}
        for flow in _flows(uow)
        for step in flow.walk()
        if step.webhook is not None
    ]
    return rows


def calls_out(uow: UnitOfWork, kind: str, key: str) -> bool:
    """Whether this definition calls another system."""
    return any((one["kind"], one["key"]) == (kind, key) for one in destinations(uow))


def _rules(uow: UnitOfWork) -> list[Rule]:
    return [one for one in uow.shelf.all("rule") if isinstance(one, Rule)]


def _flows(uow: UnitOfWork) -> list[Flow]:
    return [one for one in uow.shelf.all("flow") if isinstance(one, Flow)]
