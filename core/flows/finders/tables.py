"""授权表: the first row whose condition holds says who."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.search import Found, Search, find_all


def table(who: Who, search: Search) -> Found:
    """The people of the first row that holds, else of the row that says otherwise; nobody without either."""
    found = search.world.authority(who.table or "")
    rows = found.rows if found else ()
    chosen = next(
        (row for row in rows if row.condition and search.world.holds(row.condition, search.instance)),
        next((row for row in rows if row.otherwise), None),
    )
    return find_all(chosen.who, search) if chosen else ()
