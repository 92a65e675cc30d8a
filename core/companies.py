"""A company's people from YAML: departments, roles, people with their platform identities."""

from __future__ import annotations

from typing import Any

import yaml

from core.errors import Invalid, Problem
from core.people import Department, Directory, Identity, Person, Role
from core.reach import is_email, is_mobile

PLATFORM_KEYS = {"dingtalk": "userid", "wecom": "userid"}


def read_company(text: str) -> Directory:
    """The directory of a people file. Raises Invalid when a name points to nobody."""
    body = yaml.safe_load(text) or {}
    people = {one["id"]: _person(one) for one in body.get("people", ())}
    departments = {one["id"]: Department(**one) for one in body.get("departments", ())}
    roles = {
        one["id"]: Role(one["id"], one["name"], tuple(one.get("people", ()))) for one in body.get("roles", ())
    }
    directory = Directory(people, departments, roles)
    problems = _dangling(directory)
    if problems:
        raise Invalid(tuple(problems))
    return directory


def _person(one: dict[str, Any]) -> Person:
    identities = [
        Identity(platform, one[platform][key], rank)
        for rank, (platform, key) in enumerate(PLATFORM_KEYS.items())
        if platform in one
    ]
    names = ("id", "name", "nick", "title", "department", "manager", "email")
    plain = {name: one[name] for name in names if name in one}
    return Person(
        **plain,
        mobile=str(one.get("mobile", "")),
        active=one.get("active", True),
        identities=tuple(identities),
        more_departments=tuple(one.get("more_departments", ())),
    )


def _dangling(directory: Directory) -> list[Problem]:
    found = []
    for person in directory.people.values():
        if person.email and not is_email(person.email):
            found.append(Problem(f"people.{person.id}.email", f"「{person.email}」不是邮箱地址"))
        if person.mobile and not is_mobile(person.mobile):
            found.append(Problem(f"people.{person.id}.mobile", f"「{person.mobile}」不是电话号码"))
        if person.manager and person.manager not in directory.people:
            found.append(Problem(f"people.{person.id}.manager", f"没有「{person.manager}」这个人"))
        if person.department and person.department not in directory.departments:
            found.append(Problem(f"people.{person.id}.department", f"没有「{person.department}」这个部门"))
        found += [
            Problem(f"people.{person.id}.more_departments", f"没有「{one}」这个部门")
            for one in person.more_departments
            if one not in directory.departments
        ]
    for role in directory.roles.values():
        found += [
            Problem(f"roles.{role.id}", f"没有「{one}」这个人")
            for one in role.people
            if one not in directory.people
        ]
    return found
