"""The neutral picture of a card that the page draws, and what pressing its buttons does (shape:
docs/sandbox.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Action:
    """What a press sends. `params` is platform data; `form`: the press submits the form; `url`: it only
    opens a page.
    """

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    form: bool = False
    url: str | None = None


def blank() -> dict[str, Any]:
    return {
        "title": "",
        "subtitle": "",
        "status": "",
        "tint": "info",
        "rows": [],
        "markdown": "",
        "image": None,
        "form": None,
        "buttons": [],
        "selects": [],
        "menu": [],
        "link": None,
        "note": "",
    }


@dataclass
class Drawing:
    """`drawn` for the page; `actions` by button key; `summary`: the line of the conversation list."""

    drawn: dict[str, Any] = field(default_factory=blank)
    actions: dict[str, Action] = field(default_factory=dict)
    summary: str = ""

    def button(self, action: Action, text: str, style: str = "default", *, enabled: bool = True) -> None:
        """Draw a button. Its key is the action's id, numbered when another button has that id with other values."""
        key, number = action.key, 1
        while self.actions.get(key, action) != action:
            number += 1
            key = f"{action.key}#{number}"
        self.drawn["buttons"].append(
            {"key": key, "text": text, "style": style, "enabled": enabled, "url": action.url}
        )
        self.actions[key] = action

    def pressed(self, wanted: str) -> dict[str, Any] | None:
        """The drawn button or menu entry with that key or text."""
        shown = [*self.drawn["buttons"], *self.drawn["menu"]]
        by_key = [b for b in shown if b["key"] == wanted]
        return next(iter(by_key or [b for b in shown if b["text"] == wanted]), None)

    @property
    def dead(self) -> bool:
        """Nothing on the card can be pressed."""
        form = self.drawn["form"]
        live = [b for b in self.drawn["buttons"] if b["enabled"]]
        return not (live or self.drawn["menu"] or self.drawn["link"] or (form and form["enabled"]))
