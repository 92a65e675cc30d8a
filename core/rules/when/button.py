"""A person asks for it: a button on the record's card and page, or a chat word with the record's number."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from core.rules.base import Strict


class Button(Strict):
    """A button of records of form `of`; `words` do the same in chat: `催款 DD-0001`.

    roles    who may press it; empty: whoever may see the record
    confirm  what is asked before it is done; the button stands only where the rule's `if` holds
    """

    button: str = Field(min_length=1, max_length=10)
    of: str
    words: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    confirm: str = Field(default="", max_length=200)

    @property
    def form(self) -> str:
        """The form whose records carry the button."""
        return self.of

    def say(self, names: Mapping[str, str]) -> str:
        """As people read it."""
        who = f"（{'、'.join(self.roles)}）" if self.roles else ""
        words = f"，或在聊天里说「{'、'.join(self.words)} 编号」" if self.words else ""
        return f"有人{who}在{names.get(self.of, self.of)}上点了「{self.button}」{words}"
