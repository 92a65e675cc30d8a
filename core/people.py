"""Who works here: people, departments, roles, as one immutable value that the pure engines may ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's user id on a chat platform. `rank` 0 is the one to write to first."""

    platform: str
    external_id: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """One member of the company; `more_departments`: those beside the first one (兼职); email, mobile: "" unknown."""

    id: str
    name: str
    nick: str = ""
    title: str = ""
    department: str | None = None
    manager: str | None = None
    active: bool = True
    identities: tuple[Identity, ...] = ()
    more_departments: tuple[str, ...] = ()
    email: str = ""
    mobile: str = ""

    @property
    def called(self) -> str:
        """How cards name the person."""
        return self.nick or self.name


@dataclass(frozen=True, slots=True)
class Department:
    """One department; `parent` None for the top."""

    id: str
    name: str
    parent: str | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role and who holds it."""

    id: str
    name: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory:
    """The whole company at one moment."""

    people: Mapping[str, Person] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    version: int = 0

    @cached_property
    def _by_identity(self) -> Mapping[tuple[str, str], str]:
        return {
            (one.platform, one.external_id.lower()): person.id
            for person in self.people.values()
            for one in person.identities
        }

    @cached_property
    def _roles_by_name(self) -> Mapping[str, Role]:
        return {name: role for role in self.roles.values() for name in (role.id, role.name)}

    def get(self, id_: str | None) -> Person | None:
        """The person with this id."""
        return self.people.get(id_) if id_ else None

    def active(self, id_: str | None) -> bool:
        """True when the person exists and still works here."""
        person = self.get(id_)
        return person is not None and person.active

    def called(self, id_: str | None) -> str:
        """How to name a person in a sentence; the id when unknown, 系统 for the system itself."""
        if id_ in (None, "", "system"):
            return "系统"
        person = self.people.get(str(id_))
        return person.called if person else str(id_)

    def by_identity(self, platform: str, external_id: str) -> Person | None:
        """Who a platform's user id belongs to; WeCom ids compare without case."""
        return self.get(self._by_identity.get((platform, external_id.lower())))

    def find(self, text: str) -> list[Person]:
        """People by id, exact name or nick."""
        return [p for p in self.people.values() if p.active and text in (p.id, p.name, p.nick)]

    def manager(self, id_: str, level: int = 1) -> str | None:
        """The n-th manager above a person (1 = direct); None when the line ends before."""
        current: str | None = id_
        for _ in range(level):
            person = self.get(current)
            current = person.manager if person else None
        return current if self.active(current) else None

    def department_head(self, id_: str) -> str | None:
        """Who leads a person's department, going up while the head is the person or missing."""
        person = self.get(id_)
        return self.head_above(id_, 1, person.department if person else None)

    def head_above(self, id_: str, level: int, department: str | None) -> str | None:
        """The n-th different head met on the way up from a department, the person and inactive ones left out."""
        heads: list[str] = []
        seen: set[str] = set()
        current = self.departments.get(department or "")
        while current is not None and current.id not in seen:
            head = current.head
            if head and head != id_ and head not in heads and self.active(head):
                heads.append(head)
            if len(heads) == level:
                return heads[-1]
            seen.add(current.id)
            current = self.departments.get(current.parent or "")
        return None

    def departments_of(self, id_: str) -> tuple[str, ...]:
        """Ids of a person's departments that exist, the first one first."""
        person = self.get(id_)
        own = (person.department, *person.more_departments) if person else ()
        return tuple(dict.fromkeys(one for one in own if one and one in self.departments))

    def department_named(self, text: str) -> str | None:
        """The id of a department by id, else by name when only one bears it."""
        if text in self.departments:
            return text
        found = [one.id for one in self.departments.values() if one.name == text]
        return found[0] if len(found) == 1 else None

    def members(self, text: str) -> tuple[str, ...]:
        """The active people of a department and of all below it, by id or name, in the directory's order."""
        top = self.department_named(text)
        if top is None:
            return ()
        below, grown = {top}, True
        while grown:
            more = {one.id for one in self.departments.values() if one.parent in below} - below
            below, grown = below | more, bool(more)
        return tuple(
            id_ for id_, one in self.people.items() if one.active and below & set(self.departments_of(id_))
        )

    def holders(self, role: str) -> tuple[str, ...]:
        """The active holders of a role, by its id or name, in order."""
        found = self._roles_by_name.get(role)
        return tuple(one for one in found.people if self.active(one)) if found else ()

    def has_role(self, role: str) -> bool:
        """True when the role exists, held or not."""
        return role in self._roles_by_name

    def holds(self, person: str, role: str) -> bool:
        """True when the person holds the role."""
        return person in self.holders(role)

    def roles_of(self, person: str) -> tuple[str, ...]:
        """Names of the roles a person holds."""
        return tuple(role.name for role in self.roles.values() if person in role.people)

    def department_of(self, person: str) -> str:
        """Name of a person's department, or nothing."""
        found = self.get(person)
        department = self.departments.get(found.department or "") if found else None
        return department.name if department else ""


def active_only(directory: Directory, ids: Iterable[str | None]) -> tuple[str, ...]:
    """The active people among ids, without repeats, in order."""
    return tuple(dict.fromkeys(one for one in ids if one and directory.active(one)))
