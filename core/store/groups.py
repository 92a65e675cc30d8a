"""Chat groups that are written to, by the names under which administrators know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from core.store.sql import insert_new
from core.tables import chat_group

GROUP_PLACE = "chat_group.address"  # where secret addresses are sealed for


@dataclass(frozen=True, slots=True)
class Group:
    """One group of one platform.

    way      robot (DingTalk: `address` is the conversation's id), webhook or appchat (WeCom: the sealed key of
             the group's robot, the chat's id);  learned: the bot was spoken to there
    """

    id: str
    name: str
    platform: str
    way: str
    address_hash: str
    address: str
    learned: bool
    created_at: datetime


class Groups:
    """Group rows in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Group]:
        """Every group, by platform and name."""
        query = select(chat_group).order_by(chat_group.c.platform, chat_group.c.name)
        return [Group(**row) for row in self._connection.execute(query).mappings()]

    def load(self, id_: str) -> Group | None:
        """One group."""
        return next((one for one in self.all() if one.id == id_), None)

    def named(self, name: str) -> list[Group]:
        """The groups of this name: one a platform."""
        return [one for one in self.all() if one.name == name]

    def at(self, platform: str, address_hash: str) -> Group | None:
        """The group behind an address."""
        found = (one for one in self.all() if (one.platform, one.address_hash) == (platform, address_hash))
        return next(found, None)

    def add(self, group: Group) -> None:
        """Insert a group, unless somebody else just did."""
        values = {name: getattr(group, name) for name in Group.__dataclass_fields__}
        insert_new(self._connection, chat_group, values)

    def rename(self, id_: str, name: str) -> None:
        """Give it another name."""
        self._connection.execute(update(chat_group).where(chat_group.c.id == id_).values(name=name))

    def remove(self, id_: str) -> None:
        """Forget it."""
        self._connection.execute(delete(chat_group).where(chat_group.c.id == id_))
