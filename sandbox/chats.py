"""What stands in each person's chat with the bot, oldest first, and how often anybody was bothered."""

import itertools
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.journal import Journal
from sandbox.people import Platform
from sandbox.wire import Bus


@dataclass
class Message:
    """One bubble. `sender` is "me" (the person) or "bot"; `card_id` points to the platform's own card
    store.
    """

    id: str
    at: float
    sender: str
    kind: str
    text: str = ""
    title: str | None = None
    media_url: str | None = None
    url: str | None = None
    group: str | None = None
    card_id: str | None = None


class Counters:
    """How much was asked of people and of the platform; one for each platform."""

    def __init__(self) -> None:
        self.api_calls: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self.cards: Counter[str] = Counter()
        self.clicks: Counter[str] = Counter()
        self.said: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.billable_calls = 0
        self.pushes = 0
        self.callbacks = 0
        self.card_updates = 0

    def as_json(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()
        }


class Chats:
    def __init__(self, bus: Bus, journal: Journal) -> None:
        self._bus = bus
        self._journal = journal
        self._ids = itertools.count(1)
        self._kept: dict[tuple[Platform, str], list[Message]] = defaultdict(list)

    def add(self, platform: Platform, userid: str, message: Message) -> Message:
        """Append, number and announce. The message's id is set here."""
        message.id = f"m{next(self._ids)}"
        self._kept[platform, userid].append(message)
        self._journal.write("message", {"platform": platform, "userid": userid, **asdict(message)})
        self.changed(platform, userid)
        return message

    def changed(self, platform: Platform, userid: str) -> None:
        self._bus.tell({"type": "chat", "platform": platform, "userid": userid})

    def of(self, platform: Platform, userid: str) -> list[Message]:
        return self._kept.get((platform, userid), [])

    def restore(self, row: dict[str, Any]) -> None:
        key = (Platform(row.pop("platform")), row.pop("userid"))
        message = Message(**row)
        self._kept[key].append(message)
        self._ids = itertools.count(max(next(self._ids), int(message.id[1:]) + 1))
