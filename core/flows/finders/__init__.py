"""The ways to find people: name of the way in `Who` → its function. One file a family."""

from core.flows.finders.departments import (
    department_field,
    department_head,
    department_head_of,
    head_of,
    head_of_field,
    member_of,
)
from core.flows.finders.expressions import expression
from core.flows.finders.fields import field
from core.flows.finders.managers import manager, manager_of, managers
from core.flows.finders.named import admin, initiator, people, person, role
from core.flows.finders.picks import pick
from core.flows.finders.search import Finder, Search, find_all
from core.flows.finders.tables import table

FINDERS: dict[str, Finder] = {
    "manager": manager,
    "managers": managers,
    "role": role,
    "person": person,
    "people": people,
    "member_of": member_of,
    "head_of": head_of,
    "department_head": department_head,
    "field": field,
    "manager_of": manager_of,
    "department_head_of": department_head_of,
    "department_field": department_field,
    "head_of_field": head_of_field,
    "pick": pick,
    "expression": expression,
    "table": table,
    "initiator": initiator,
    "admin": admin,
}

__all__ = ["FINDERS", "Search", "find_all"]
