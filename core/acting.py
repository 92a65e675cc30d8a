"""What an action gives back to the door: what happened, and what to say to who asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.errors import Problem
from core.events import Event


@dataclass(frozen=True, slots=True)
class Done:
    """The result of an action inside its transaction.

    problems  the values did not fit; what was typed is kept, nothing else happened
    data      small facts for the caller (ids, numbers), JSON
    settled   the rules have followed these events already
    """

    message: str = ""
    events: tuple[Event, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    settled: bool = False
