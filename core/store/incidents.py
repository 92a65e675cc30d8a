"""Incidents: what went wrong and waits for somebody, one row a kind and object, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core.tables import incident


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that an administrator should look at."""

    id: str
    kind: str
    object: str
    text: str
    first_at: datetime
    last_at: datetime
    count: int
    state: str


class Incidents:
    """Incident rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, id_: str, kind: str, object_: str, text: str, now: datetime) -> None:
        """Count one more, opening the row again when it was closed."""
        again = (
            update(incident)
            .where(incident.c.kind == kind, incident.c.object == object_)
            .values(count=incident.c.count + 1, last_at=now, text=text, state="open")
        )
        if self._connection.execute(again).rowcount:
            return
        row = {"id": id_, "kind": kind, "object": object_, "text": text, "first_at": now, "last_at": now}
        self._connection.execute(insert(incident).values(**row, count=1, state="open"))

    def resolve(self, kind: str, object_: str, now: datetime) -> None:
        """Close it: what was wrong works again."""
        self._connection.execute(
            update(incident)
            .where(incident.c.kind == kind, incident.c.object == object_, incident.c.state == "open")
            .values(state="closed", last_at=now)
        )

    def close(self, id_: str, now: datetime) -> bool:
        """Close one by id."""
        statement = update(incident).where(incident.c.id == id_, incident.c.state == "open")
        return self._connection.execute(statement.values(state="closed", last_at=now)).rowcount == 1

    def list(self, state: str = "", limit: int = 200) -> list[Incident]:
        """Newest first."""
        query = select(incident).order_by(incident.c.last_at.desc()).limit(limit)
        if state:
            query = query.where(incident.c.state == state)
        return [Incident(**row) for row in self._connection.execute(query).mappings()]
