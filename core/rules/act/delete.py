"""delete: take records away."""

from __future__ import annotations

from core.rules.act.targets import targets
from core.rules.doing import Doing
from core.rules.thens import Delete


def do(doing: Doing, spec: Delete) -> None:
    """Raises NotAllowed, UserError."""
    for key, record in targets(doing, spec):
        doing.take_away(key, record)
