"""What a way to find people may look at, and how several ways become one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.flows.definition import Flow, Who
from core.flows.instance import Instance
from core.flows.world import World
from core.people import Directory, active_only

Found = Iterable[str | None]


@dataclass(frozen=True)
class Search:
    """One search for the people of one step.

    finders  the ways themselves, for those that lead to others (table)
    """

    flow: Flow
    instance: Instance
    people: Directory
    world: World
    step: str
    finders: Mapping[str, Finder] = field(default_factory=dict)

    @property
    def initiator(self) -> str:
        """Who started."""
        return self.instance.initiator

    def value(self, expression: str) -> Any:
        """A value of the record."""
        return self.world.value(expression, self.instance)

    def ids(self, expression: str) -> list[str]:
        """The people in a member field, one or several."""
        value = self.value(expression)
        parts = value if isinstance(value, (list, tuple)) else [value]
        return [one["id"] if isinstance(one, Mapping) else str(one) for one in parts if one]

    def department(self, person: str) -> str | None:
        """The department that counts for a person: the flow's field if it names one of theirs, else their first."""
        own = self.people.departments_of(person)
        if self.flow.department and person == self.initiator:
            named = self.people.department_named(str(self.value(self.flow.department) or ""))
            if named in own:
                return named
        return own[0] if own else None


Finder = Callable[[Who, Search], Found]


def find_all(ways: Sequence[Who], search: Search) -> tuple[str, ...]:
    """The active people that the ways find, without repeats, in the order in which they are written."""
    found: list[str | None] = []
    for who in ways:
        found.extend(search.finders[who.way](who, search))
    return active_only(search.people, found)
