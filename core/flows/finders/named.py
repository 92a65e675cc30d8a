"""People by name, role or part in the flow."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.search import Found, Search


def one_person(search: Search, text: str) -> list[str]:
    """The id behind an id or a name; nobody when several bear it."""
    found = search.people.find(text)
    return [found[0].id] if len(found) == 1 else []


def person(who: Who, search: Search) -> Found:
    """One named person."""
    return one_person(search, who.person or "")


def people(who: Who, search: Search) -> Found:
    """Several named people."""
    return [id_ for text in who.people or () for id_ in one_person(search, text)]


def role(who: Who, search: Search) -> Found:
    """All holders of a role."""
    return search.people.holders(who.role or "")


def initiator(_who: Who, search: Search) -> Found:
    """Who started."""
    return (search.initiator,)


def admin(_who: Who, search: Search) -> Found:
    """The administrators."""
    return search.people.holders("admin")
