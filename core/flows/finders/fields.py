"""People in a member field, also of a linked record."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.search import Found, Search


def field(who: Who, search: Search) -> Found:
    """The people in the field, in its order."""
    return search.ids(who.field or "")
