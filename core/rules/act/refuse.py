"""refuse: the triggering save does not stand."""

from __future__ import annotations

from core.errors import UserError
from core.rules.doing import Doing


class RefusedByRule(UserError):
    """A rule said no; `rule` is its key."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__("refused_by_rule", message)
        self.rule = rule


def do(doing: Doing, text: str) -> None:
    """Raises RefusedByRule, always."""
    raise RefusedByRule(doing.ready.key, doing.fill(text))
