"""Which function sends which kind of outbox row that is no card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.adapters.base import Adapter, PlatformError
from bot.cards import File, Picture, Text
from bot.desk import Desk
from bot.letters import Letters
from bot.outward import Outward
from bot.papers import paper_of
from core.errors import Misconfigured
from core.queries.reports import chart_data
from core.reports.renderer import Renderer, RenderFailed
from core.reports.texttable import as_text
from core.store.groups import GROUP_PLACE, Group
from core.store.outbox import OutboxRow
from core.store.work import UnitOfWork

log = structlog.get_logger()

Send = Callable[[OutboxRow], Awaitable[None]]


class Senders:
    """One for the process. A kind's function raises PlatformError."""

    def __init__(
        self,
        desk: Desk,
        adapters: Mapping[str, Adapter],
        renderer: Renderer,
        outward: Outward,
        letters: Letters,
    ) -> None:
        self._desk = desk
        self._adapters = adapters
        self._renderer = renderer
        self.of: Mapping[str, Send] = {
            "http": outward.http,
            "webhook": outward.webhook,
            "mail": letters.mail,
            "sms": letters.sms,
            "group": self._group,
            "text": self._text,
            "picture": self._picture,
            "paper": self._paper,
        }

    def adapter(self, platform: str) -> Adapter:
        """Raises PlatformError for a platform that is off."""
        found = self._adapters.get(platform)
        if found is None:
            raise PlatformError(f"平台 {platform} 没有启用", permanent=True)
        return found

    async def _person(self, row: OutboxRow) -> tuple[Adapter, str]:
        adapter = self.adapter(row.platform)
        return adapter, await self._desk.read(lambda uow: external_of(uow, row.person, row.platform))

    async def _text(self, row: OutboxRow) -> None:
        adapter, to = await self._person(row)
        await adapter.send(to, Text(str(row.body["text"])), row.id)

    async def _picture(self, row: OutboxRow) -> None:
        adapter, to = await self._person(row)
        await adapter.send(to, await self._chart(row), row.id)

    async def _chart(self, row: OutboxRow) -> Picture | Text:
        """The chart as an image; a failed one becomes a text table, never an error."""
        report = str(row.body["report"])
        kind, data = await self._desk.read(lambda uow: chart_data(uow, report, row.person))
        try:
            png = await self._renderer.render(kind, data)
        except RenderFailed as error:
            log.warning("chart_failed", report=report, error=str(error))
            return Text(as_text(data))
        return Picture(png, f"{report}.png", data.title)

    async def _paper(self, row: OutboxRow) -> None:
        """The sheet, and the words before it; a repeat after a lost answer may bring the words alone twice."""
        adapter, to = await self._person(row)
        paper = await paper_of(self._desk, row)
        await adapter.send(to, Text(str(row.body["text"])), f"{row.id}-t")
        await adapter.send(to, File(paper.data, paper.name), row.id)

    async def _group(self, row: OutboxRow) -> None:
        name = str(row.body["name"])
        group = await self._desk.read(lambda uow: _group_of(uow, str(row.body["group"]), name))
        if group is None:
            said = f"没有叫「{name}」的群。请在群里 @ 一下机器人，或在「运行 → 群与通道」里登记后重试"
            raise PlatformError(said, code="no_group", permanent=True)
        address = group.address
        if group.way == "webhook":
            try:
                address = self._desk.keys.unseal(GROUP_PLACE, address)
            except Misconfigured as error:
                raise PlatformError(str(error), code="sealed", permanent=True) from error
        adapter = self.adapter(group.platform)
        await adapter.send_group(group.way, address, Text(str(row.body["text"])), row.id)


def external_of(uow: UnitOfWork, person: str, platform: str) -> str:
    """A person's user id on a platform. Raises PlatformError."""
    found = uow.people.get(person)
    here = (one.external_id for one in (found.identities if found else ()) if one.platform == platform)
    external = next(here, "")
    if not external:
        raise PlatformError("收件人没有绑定这个平台", permanent=True)
    return external


def _group_of(uow: UnitOfWork, id_: str, name: str) -> Group | None:
    """The group that was meant; one that had no name yet when the row was written may have it now."""
    found = uow.groups.load(id_) if id_ else None
    return found or next(iter(uow.groups.named(name)), None)
