"""The line of managers: the n-th one, all up to an end, of the person in a field."""

from __future__ import annotations

from decimal import Decimal

from core.flows.definition import Chain, Who
from core.flows.finders.search import Found, Search

LONGEST = 20


def manager(who: Who, search: Search) -> Found:
    """The n-th manager of the initiator; nobody when the line ends before."""
    return (search.people.manager(search.initiator, who.manager or 1),)


def manager_of(who: Who, search: Search) -> Found:
    """The direct manager of each person in a field."""
    return [search.people.manager(one) for one in search.ids(who.manager_of or "")]


def managers(who: Who, search: Search) -> Found:
    """逐级: every active manager up to and with the first one that fits; all of them when none does."""
    chain = who.managers or Chain(level=1)
    found: list[str] = []
    current: str | None = search.initiator
    seen: set[str] = set()
    amount = _number(search.value(chain.amount)) if chain.amount else Decimal(0)
    for _ in range(LONGEST):
        person = search.people.get(current)
        current = person.manager if person else None
        if not current or current in seen or current == search.initiator:
            break
        seen.add(current)
        if not search.people.active(current):
            continue
        found.append(current)
        if _fits(chain, search, current, len(found), amount):
            break
    return found


def _fits(chain: Chain, search: Search, person: str, count: int, amount: Decimal) -> bool:
    if chain.level is not None:
        return count >= chain.level
    title = search.people.people[person].title
    if chain.title:
        return title == chain.title
    if chain.role:
        return search.people.holds(person, chain.role)
    limit = chain.limits.get(title)
    return limit is not None and amount <= Decimal(str(limit))


def _number(value: object) -> Decimal:
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
