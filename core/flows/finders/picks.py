"""Somebody chooses: 发起人自选, 上一步审批人指定."""

from __future__ import annotations

from core.flows.definition import Who
from core.flows.finders.search import Found, Search, find_all


def pick(who: Who, search: Search) -> Found:
    """The people who were chosen for this step, out of those who may be."""
    chosen = search.instance.picks.get(search.step, ())
    if not who.among:
        return chosen
    allowed = set(find_all(who.among, search))
    return [one for one in chosen if one in allowed]
