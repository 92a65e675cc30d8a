"""The directory's rows: read as one value, replaced as one value."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from core.people import Department, Directory, Identity, Person, Role
from core.tables import (
    department,
    directory_head,
    identity,
    person,
    person_department,
    role,
    role_member,
)


class DirectoryRows:
    """Directory rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> int:
        """Grows with each change of the directory."""
        return self._connection.execute(select(directory_head.c.version)).scalar() or 0

    def load(self) -> Directory:
        """The whole directory."""
        run = self._connection.execute
        identities: dict[str, list[Identity]] = {}
        for row in run(select(identity).order_by(identity.c.person, identity.c.rank)):
            found = Identity(row.platform, row.external_id, row.rank)
            identities.setdefault(row.person, []).append(found)
        members: dict[str, list[str]] = {}
        for row in run(select(role_member).order_by(role_member.c.role, role_member.c.person)):
            members.setdefault(row.role, []).append(row.person)
        more: dict[str, list[str]] = {}
        for row in run(
            select(person_department).order_by(person_department.c.person, person_department.c.rank)
        ):
            more.setdefault(row.person, []).append(row.department)
        people = {
            row["id"]: Person(
                **row,
                identities=tuple(identities.get(row["id"], ())),
                more_departments=tuple(more.get(row["id"], ())),
            )
            for row in run(select(person).order_by(person.c.id)).mappings()
        }
        return Directory(
            people=people,
            departments={row["id"]: Department(**row) for row in run(select(department)).mappings()},
            roles={
                row.id: Role(row.id, row.name, tuple(members.get(row.id, ()))) for row in run(select(role))
            },
            version=self.version(),
        )

    def replace(self, directory: Directory) -> None:
        """Write the whole directory anew."""
        run = self._connection.execute
        for table in (role_member, role, identity, person_department, person, department):
            run(delete(table))
        for one in directory.departments.values():
            run(insert(department).values(id=one.id, name=one.name, parent=one.parent, head=one.head))
        for who in directory.people.values():
            run(insert(person).values(**_person(who)))
            for link in who.identities:
                values = {"platform": link.platform, "external_id": link.external_id, "rank": link.rank}
                run(insert(identity).values(**values, person=who.id))
            for rank, id_ in enumerate(who.more_departments):
                run(insert(person_department).values(person=who.id, department=id_, rank=rank))
        for held in directory.roles.values():
            run(insert(role).values(id=held.id, name=held.name))
            for member in held.people:
                run(insert(role_member).values(role=held.id, person=member))
        run(update(directory_head).values(version=directory_head.c.version + 1))

    def set_contact(self, id_: str, email: str, mobile: str) -> bool:
        """Where a person is reached by e-mail and SMS; False when there is no such person."""
        statement = update(person).where(person.c.id == id_).values(email=email, mobile=mobile)
        if not self._connection.execute(statement).rowcount:
            return False
        self._connection.execute(update(directory_head).values(version=directory_head.c.version + 1))
        return True


def _person(who: Person) -> dict[str, object]:
    names = ("id", "name", "nick", "title", "department", "manager", "active", "email", "mobile")
    return {name: getattr(who, name) for name in names}
