"""Places in the tree of steps: what comes after a step, what is around it, which of two comes first."""

from __future__ import annotations

from dataclasses import dataclass

from core.flows.definition import Flow, Step

Address = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Place:
    """Where a step stands: its list, its index in it, the branch around the list, its address from the top.

    address  one (index, path) for each level; the path of the last level is -1
    """

    step: Step
    siblings: tuple[Step, ...]
    index: int
    parent: str
    address: Address


class Tree:
    """The places of all steps of a flow."""

    def __init__(self, flow: Flow) -> None:
        self._places: dict[str, Place] = {}
        self._add(flow.steps, "", ())

    def _add(self, steps: tuple[Step, ...], parent: str, around: Address) -> None:
        for index, one in enumerate(steps):
            self._places[one.key] = Place(one, steps, index, parent, (*around, (index, -1)))
            for number, path in enumerate(one.paths):
                self._add(path.steps, one.key, (*around, (index, number)))

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def step(self, key: str) -> Step:
        """The step with this key."""
        return self._places[key].step

    def next(self, key: str) -> Step | None:
        """The step after this one in its own list."""
        place = self._places[key]
        return place.siblings[place.index + 1] if place.index + 1 < len(place.siblings) else None

    def parent(self, key: str) -> str:
        """The branch step around this one; "" at the top."""
        return self._places[key].parent

    def around(self, key: str) -> list[str]:
        """The branch steps around this one, outermost first."""
        found: list[str] = []
        parent = self.parent(key)
        while parent:
            found.insert(0, parent)
            parent = self.parent(parent)
        return found

    def within(self, branch: str, key: str) -> bool:
        """True when the step stands in a path of the branch, at any depth."""
        return key in self._places and branch in self.around(key)

    def before(self, one: str, other: str) -> bool:
        """True when `one` comes before `other` on the way; steps on two paths of a branch have no order."""
        if one not in self._places or other not in self._places:
            return False
        for (index, path), (index_2, path_2) in zip(
            self._places[one].address, self._places[other].address, strict=False
        ):
            if index != index_2:
                return index < index_2
            if path != path_2:
                return False
        return False
