"""Record events: created, updated (only when listed fields change), saved (either), deleted."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.rules.base import Strict


class Created(Strict):
    """A record of this form was made."""

    created: str

    @property
    def form(self) -> str:
        """The watched form."""
        return self.created

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        return f"新建了{names.get(self.created, self.created)}"


class Updated(Strict):
    """A record of this form was changed; with `fields`, only when one of them was."""

    updated: str
    fields: tuple[str, ...] = Field(default=())

    @property
    def form(self) -> str:
        """The watched form."""
        return self.updated

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        which = "的" + "或".join(f"「{one}」" for one in self.fields) if self.fields else ""
        return f"{names.get(self.updated, self.updated)}{which}有修改"


class Saved(Strict):
    """A record of this form was made or changed; `fields` as in updated."""

    saved: str
    fields: tuple[str, ...] = Field(default=())

    @property
    def form(self) -> str:
        """The watched form."""
        return self.saved

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        which = "（" + "、".join(f"「{one}」" for one in self.fields) + "有变化）" if self.fields else ""
        return f"保存了{names.get(self.saved, self.saved)}{which}"


class Deleted(Strict):
    """A record of this form was deleted."""

    deleted: str

    @property
    def form(self) -> str:
        """The watched form."""
        return self.deleted

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        return f"删除了{names.get(self.deleted, self.deleted)}"
