"""Who has to be asked, read from the words of the feature list (W30–W40) and nothing else.

Works on plain dicts, shares no code with core/flows, prefers the long way over the clever one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Asked = list[tuple[str, bool]]  # person, True: passes without being asked


class Oracle:
    """One record in one organisation."""

    def __init__(
        self,
        company: dict[str, Any],
        record: dict[str, Any],
        table: dict[str, Any],
        flow: dict[str, Any],
        initiator: str,
        picks: dict[str, tuple[str, ...]],
        later: dict[str, tuple[str, ...]],
    ) -> None:
        self.people = {one["id"]: one for one in company["people"]}
        self.departments = {one["id"]: one for one in company["departments"]}
        self.roles = company["roles"]
        self.record, self.table, self.flow = record, table, flow
        self.initiator, self.picks, self.later = initiator, picks, later

    def run(self) -> tuple[list[tuple[str, Asked]], str]:
        """Everybody who is asked, step by step, when all agree; and how it ends."""
        told: list[tuple[str, Asked]] = []
        agreed_by_step: list[list[str]] = []  # of approvals, in order, skipped ones too
        for step in self.flow["steps"]:
            name = step.get("approve") or step.get("fill")
            people, how = self.step(step)
            if how == "refuse":
                return told, "rejected"
            asked: Asked = []
            for person in people:
                own = how == "ask" and person == self.initiator and step.get("same_as_initiator") == "skip"
                asked.append((person, own or self.said_before(step, person, agreed_by_step)))
            if how != "skip":
                told.append((name, asked))
            if any(not passes for _, passes in asked):  # W35: whoever decided chose for the steps to come
                self.picks = self.picks | self.later
            if "approve" in step:
                agreed_by_step.append([person for person, _ in asked])
        return told, "approved"

    def said_before(self, step: dict[str, Any], person: str, before: list[list[str]]) -> bool:
        """W40: the same approver; exceptions 必审 and a required field; 办理 is work and never passed."""
        if step.get("always") or "fill" in step or "required" in step.get("fields", {}).values():
            return False
        rule = self.flow.get("dedup", "none")
        if rule == "all":
            return any(person in people for people in before)
        return rule == "consecutive" and bool(before) and person in before[-1]

    def step(self, step: dict[str, Any]) -> tuple[list[str], str]:
        """W38, W39: (people, ask | skip | refuse | admin)."""
        people = self.or_head(step, self.find(step["who"], step))
        if people:
            return people, "ask"
        policy = step.get("nobody")
        if policy in ("skip", "refuse"):
            return [], policy
        ways = {"admin": [{"admin": True}], None: []}.get(policy if isinstance(policy, str) else None, [])
        if isinstance(policy, dict):
            ways = policy["instead"]
        people = self.or_head(step, self.find(ways, step)) if ways else []
        return (people, "ask") if people else (self.role("admin"), "admin")

    def or_head(self, step: dict[str, Any], people: list[str]) -> list[str]:
        """W39 交给部门负责人."""
        if step.get("same_as_initiator") != "head" or self.initiator not in people:
            return people
        head = self.head_of_person(self.initiator, 1)
        changed: list[str] = []
        for person in people:
            new = head if person == self.initiator else person
            if new is not None and new not in changed:
                changed.append(new)
        return changed

    def find(self, ways: list[Any], step: dict[str, Any]) -> list[str]:
        """The active people of several ways, each once."""
        found: list[str] = []
        for way in ways:
            for person in self.one_way(way, step):
                if person in self.people and self.people[person]["active"] and person not in found:
                    found.append(person)
        return found

    def one_way(self, way: Any, step: dict[str, Any]) -> list[Any]:
        """W30–W36, the ways one by one."""
        if way == "发起人":
            return [self.initiator]
        if "pick" in way:  # W35
            chosen = list(self.picks.get(step.get("approve") or step.get("fill") or "", ()))
            among = way.get("among")
            return [one for one in chosen if not among or one in self.find(among, step)]
        if "table" in way:  # W36
            for row in self.table["rows"]:
                if "if" in row and self.record[row["if"]]:
                    return self.find(row["who"], step)
            rest = [row for row in self.table["rows"] if row.get("otherwise")]
            return self.find(rest[0]["who"], step) if rest else []
        ((kind, value),) = ((key, one) for key, one in way.items() if key != "among")
        return list(getattr(self, "way_" + kind)(value))

    def way_manager(self, level: int) -> list[Any]:
        """W31."""
        person: Any = self.initiator
        for _ in range(level):
            person = self.people[person]["manager"] if person else None
        return [person]

    def way_managers(self, end: Any) -> list[Any]:
        """W32: all managers on the way up who still work here, up to and with the one at which it ends."""
        line: list[str] = []
        person = self.people[self.initiator]["manager"]
        while person and person not in line and person != self.initiator:
            line.append(person)
            person = self.people[person]["manager"]
        line = [one for one in line if self.people[one]["active"]]
        if isinstance(end, int):
            return line[:end]
        for place, one in enumerate(line):
            title = self.people[one]["title"]
            if isinstance(end, str):
                fits = title == end
            elif "role" in end:
                fits = one in self.role(end["role"])
            else:
                amount = Decimal(str(self.record[end["amount"]] or 0))
                fits = title in end["limits"] and Decimal(str(end["limits"][title])) >= amount
            if fits:
                return line[: place + 1]
        return line

    def role(self, name: str) -> list[str]:
        """Active holders, by id or name of the role."""
        for role in self.roles:
            if name in (role["id"], role["name"]):
                return [one for one in role["people"] if self.people[one]["active"]]
        return []

    way_role = role

    def way_admin(self, _value: Any) -> list[str]:
        """系统管理员."""
        return self.role("admin")

    def way_person(self, text: str) -> list[str]:
        """W30: a name that two people bear is nobody's."""
        found = [id_ for id_, one in self.people.items() if one["active"] and (text in (id_, one["name"]))]
        return found if len(found) == 1 else []

    def way_people(self, texts: list[str]) -> list[str]:
        """W30."""
        return [id_ for text in texts for id_ in self.way_person(text)]

    def way_expression(self, name: str) -> list[str]:
        """W36: an expression gives a person or a role, or several."""
        value = self.record[name]
        found: list[str] = []
        for text in value if isinstance(value, list) else [value]:
            found += (self.way_person(text) or self.role(text)) if text else []
        return found

    def member_ids(self, field: str) -> list[str]:
        """W34: what a member field holds, one or several."""
        value = self.record[field]
        return list(value) if isinstance(value, list) else [value] if value else []

    def way_field(self, field: str) -> list[str]:
        """W34."""
        return self.member_ids(field)

    def way_manager_of(self, field: str) -> list[Any]:
        """The direct manager of whom a member field names."""
        return [self.people[one]["manager"] for one in self.member_ids(field) if one in self.people]

    # departments

    def department(self, text: Any) -> Any:
        """By id, else by a name that only one department has."""
        if text in self.departments:
            return text
        found = [id_ for id_, one in self.departments.items() if one["name"] == text]
        return found[0] if len(found) == 1 else None

    def upwards(self, id_: Any) -> list[str]:
        """A department and all above it, nearest first."""
        line: list[str] = []
        while id_ and id_ not in line:
            line.append(id_)
            id_ = self.departments[id_]["parent"]
        return line

    def counts(self, person: str) -> Any:
        """W37: which department of a person in several counts."""
        own = self.people[person]["departments"]
        named = self.department(self.record["所属部门"]) if self.flow.get("department") else None
        if person == self.initiator and named in own:
            return named
        return own[0] if own else None

    def head_of_person(self, person: str, level: int) -> Any:
        """W33: the n-th head above a person, who is not asked for themselves; who left is passed over."""
        heads: list[str] = []
        for department in self.upwards(self.counts(person)):
            head = self.departments[department]["head"]
            if head and head != person and self.people[head]["active"] and head not in heads:
                heads.append(head)
        return heads[level - 1] if len(heads) >= level else None

    def way_department_head(self, level: Any) -> list[Any]:
        """W33."""
        return [self.head_of_person(self.initiator, int(level))]

    def way_department_head_of(self, field: str) -> list[Any]:
        """W33: of a member field."""
        return [self.head_of_person(one, 1) for one in self.member_ids(field) if one in self.people]

    def way_head_of(self, text: str) -> list[Any]:
        """The head of a named department."""
        found = self.department(text)
        return [self.departments[found]["head"]] if found else []

    def way_head_of_field(self, field: str) -> list[Any]:
        """W33: of a department field."""
        return [one for text in self.member_ids(field) for one in self.way_head_of(text)]

    def way_member_of(self, text: str) -> list[str]:
        """W30: everybody in it or in one below it."""
        wanted = self.department(text)
        return [
            id_
            for id_, one in self.people.items()
            if wanted and any(wanted in self.upwards(own) for own in one["departments"])
        ]

    def way_department_field(self, field: str) -> list[str]:
        """W34."""
        return [one for text in self.member_ids(field) for one in self.way_member_of(text)]
