"""Another system calls us: POST /hooks/<name>, signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from core.rules.base import Strict


class Webhook(Strict):
    """`fields`: what the JSON body holds, by name, with its kind. `of` + `find`: the record that it speaks of.

    find  name of a body field whose text is a number, id or title of a record of form `of`
    """

    webhook: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    fields: dict[str, Literal["text", "number", "date", "bool"]] = Field(default_factory=dict)
    of: str = ""
    find: str = ""

    @property
    def form(self) -> str:
        """The form of the record that is spoken of, "" for none."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        about = f"，说的是{names.get(self.of, self.of)}「{self.find}」" if self.of else ""
        fields = f"（带 {'、'.join(self.fields)}）" if self.fields else ""
        return f"收到外部系统的通知 {self.webhook}{fields}{about}"
