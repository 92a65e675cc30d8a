"""People's phones over the sandbox's control API (docs/sandbox.md section 1)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import aiohttp

LINK = re.compile(r"/h5/l/([\w-]+)")
CLAIM = re.compile(r"第(\d{4})号")


@dataclass(frozen=True)
class Shown:
    """A card as a person sees it. `place`: its position in the chat; `handle`: the page behind it."""

    platform: str
    userid: str
    card_id: str
    place: int
    drawn: dict[str, Any]

    @property
    def text(self) -> str:
        """Everything that can be read on it."""
        return json.dumps(self.drawn, ensure_ascii=False)

    @property
    def handle(self) -> str:
        """The random part of the link behind the card; "" when it has none."""
        found = LINK.search(self.text)
        return found[1] if found else ""

    @property
    def claim(self) -> int:
        """The claim's number in the reason, 0 without one."""
        found = CLAIM.search(self.text)
        return int(found[1]) if found else 0

    @property
    def live(self) -> set[str]:
        """Texts of what reaches the bot when pressed; links to pages do not count."""
        drawn = self.drawn
        found = {one["text"] for one in drawn["buttons"] if one["enabled"] and not one["url"]}
        found |= {one["text"] for one in drawn["menu"]}
        if drawn["form"] and drawn["form"]["enabled"]:
            found.add(drawn["form"]["submit"])
        return found


class Phones:
    """All phones of the company."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._api = f"{url}/sandbox/api"

    async def cards(self, platform: str, userid: str) -> list[Shown]:
        """The cards of a chat, oldest first."""
        body = await self._call("GET", f"chats/{platform}/{userid}")
        return [
            Shown(platform, userid, one["card"]["card_id"], place, one["card"]["drawn"])
            for place, one in enumerate(body["messages"])
            if one["card"]
        ]

    async def say(self, platform: str, userid: str, text: str) -> bool:
        """Write to the bot; whether it was acked."""
        body = await self._call("POST", "say", platform=platform, userid=userid, text=text)
        return bool(body["ok"])

    async def click(self, card: Shown, **what: Any) -> dict[str, Any]:
        """Press; the answer of docs/sandbox.md, Clicks."""
        return await self._call(
            "POST", "click", platform=card.platform, userid=card.userid, card_id=card.card_id, **what
        )

    async def set_faults(self, **knobs: Any) -> None:
        """Turn knobs of docs/sandbox.md section 3."""
        await self._call("POST", "faults", **knobs)

    async def counters(self) -> dict[str, Any]:
        """What went over the wire."""
        return await self._call("GET", "counters")

    async def _call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        limit = aiohttp.ClientTimeout(total=60)
        sent = body if method == "POST" else None
        async with self._http.request(method, f"{self._api}/{path}", json=sent, timeout=limit) as answer:
            found: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {found}")
            return found


def shown_after(card: Shown, answer: dict[str, Any]) -> Shown:
    """The card that a press left behind."""
    return Shown(card.platform, card.userid, card.card_id, card.place, answer["card"]["drawn"])
