"""Departments: their heads, their members, by name, by field, of the initiator."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.search import Found, Search


def department_head(who: Who, search: Search) -> Found:
    """The n-th head above the initiator, from the department that counts; departments they lead are passed over."""
    level = 1 if who.department_head is True else int(who.department_head or 1)
    return (search.people.head_above(search.initiator, level, search.department(search.initiator)),)


def department_head_of(who: Who, search: Search) -> Found:
    """The head above each person in a member field."""
    return [
        search.people.head_above(one, 1, search.department(one))
        for one in search.ids(who.department_head_of or "")
    ]


def head_of(who: Who, search: Search) -> Found:
    """The head of a department by its name."""
    return (_head(search, who.head_of or ""),)


def head_of_field(who: Who, search: Search) -> Found:
    """The head of the department in a field."""
    return [_head(search, one) for one in search.ids(who.head_of_field or "")]


def member_of(who: Who, search: Search) -> Found:
    """Everybody in a department by its name, and in those below it."""
    return search.people.members(who.member_of or "")


def department_field(who: Who, search: Search) -> Found:
    """Everybody in the department in a field."""
    return [one for text in search.ids(who.department_field or "") for one in search.people.members(text)]


def _head(search: Search, text: str) -> str | None:
    found = search.people.departments.get(search.people.department_named(text) or "")
    return found.head if found else None
