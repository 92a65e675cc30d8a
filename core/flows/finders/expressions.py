"""An expression that gives a person's id or name, or a role's name; a list gives several."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.named import one_person
from core.flows.finders.search import Found, Search


def expression(who: Who, search: Search) -> Found:
    """A person by that text, else the holders of a role by that text."""
    value = search.value(who.expression or "")
    parts = value if isinstance(value, (list, tuple)) else [value]
    found: list[str] = []
    for part in parts:
        text = str(part or "").strip()
        found += one_person(search, text) or search.people.holders(text)
    return found
