"""Usual opinions (常用意见): those of a person, and under the person "" those of the company."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from core.tables import phrase

COMPANY = ""


class Phrases:
    """Rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, person: str) -> dict[str, list[str]]:
        """verdict → texts in their order."""
        query = select(phrase).where(phrase.c.person == person).order_by(phrase.c.verdict, phrase.c.position)
        found: dict[str, list[str]] = {}
        for row in self._connection.execute(query).mappings():
            found.setdefault(row["verdict"], []).append(row["text"])
        return found

    def replace(self, person: str, verdict: str, texts: Sequence[str]) -> None:
        """The texts of one verdict from now on."""
        mine = (phrase.c.person == person) & (phrase.c.verdict == verdict)
        self._connection.execute(delete(phrase).where(mine))
        rows = [
            {"person": person, "verdict": verdict, "position": index, "text": text}
            for index, text in enumerate(texts)
        ]
        if rows:
            self._connection.execute(insert(phrase), rows)
