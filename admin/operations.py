"""Running the house: overview, outbox, incidents, audit trail, API keys, rules by hand."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, answer, ask, body, limit_of, reading, word_of, wrong
from core.commands import CloseIncident, Command, MakeApiKey, RetryOutbox, RevokeApiKey, SweepRule
from core.flows.calendarwatch import calendar_warning
from core.queries import trail
from core.queries.records import iso
from core.store.access import ApiKey, Session
from core.store.audit import first_break
from core.store.outbox import CardRow, OutboxRow
from core.store.work import UnitOfWork

SUBJECTS = {"draft": "表单", "task": "待办", "instance": "进度", "copy": "抄送", "reminder": "提醒"}
PLATFORMS = ("dingtalk", "wecom")
PREFIX = "/admin/api"


class Operations:
    """Endpoints of operators."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get(f"{PREFIX}/overview", guarded(self.overview)),
            web.get(f"{PREFIX}/outbox", guarded(self.outbox)),
            web.post(PREFIX + "/outbox/{id}/retry", guarded(self.retry)),
            web.get(f"{PREFIX}/incidents", guarded(self.incidents)),
            web.post(PREFIX + "/incidents/{id}/close", guarded(self.close)),
            web.get(f"{PREFIX}/audit", guarded(self.audit)),
            web.post(f"{PREFIX}/audit/verify", guarded(self.verify)),
            web.get(f"{PREFIX}/keys", guarded(self.keys)),
            web.post(f"{PREFIX}/keys", guarded(self.make_key)),
            web.delete(PREFIX + "/keys/{id}", guarded(self.revoke_key)),
            web.post(PREFIX + "/rules/{key}/run", guarded(self.run_rule)),
        ]

    async def overview(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """The first page: what waits, which platforms are reached, what happened last."""
        found = await reading(self._deps, _overview)
        names = (*PLATFORMS, *(one for one in self._deps.adapters if one not in PLATFORMS))
        return answer({**found, "platforms": [self._platform(one) for one in names]})

    def _platform(self, name: str) -> dict[str, Any]:
        adapter = self._deps.adapters.get(name)
        if adapter is None:
            return {"name": name, "on": False, "healthy": False, "text": "没有填写凭据"}
        healthy = adapter.healthy()
        text = "能收到按钮和消息" if healthy else "连不上，按钮和消息暂时收不到；会自动重连"
        return {"name": name, "on": True, "healthy": healthy, "text": text}

    async def outbox(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Messages that wait, were parked or were sent."""
        state, limit = word_of(request, "state", 20), limit_of(request, 200)
        return answer(await reading(self._deps, lambda uow: _outbox(uow, state, limit)))

    async def retry(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A parked message tries again."""
        return await self._do(RetryOutbox(session.person, request.match_info["id"]))

    async def incidents(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What somebody should look at."""
        state, limit = word_of(request, "state", 20), limit_of(request, 200)
        return answer(await reading(self._deps, lambda uow: _incidents(uow, state, limit)))

    async def close(self, request: web.Request, session: Session) -> web.StreamResponse:
        """It was seen to."""
        return await self._do(CloseIncident(session.person, request.match_info["id"]))

    async def audit(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The audit trail, newest first."""
        cursor, object_ = word_of(request, "cursor", 18), word_of(request, "object")
        if cursor and not cursor.isdecimal():
            raise wrong("cursor", "cursor 要是上一页给的值。")
        before, limit = int(cursor) if cursor else None, limit_of(request)
        return answer(await reading(self._deps, lambda uow: trail.page(uow, before, limit, object_)))

    async def verify(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """Check every link of the chain."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            broken = first_break(uow.audit)
            count = uow.audit.count()
            return {"ok": broken is None, "text": broken or f"{count} 条审计记录首尾相扣，没有改动或缺失。"}

        return answer(await reading(self._deps, work))

    async def keys(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """All API keys, never their secrets."""
        return answer(await reading(self._deps, _keys))

    async def make_key(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A new key; its secret is told once."""
        sent = await body(request, "name", "person", "days")
        name = sent.text("name", required=True, longest=60)
        person = sent.text("person", required=True, longest=100)
        command = MakeApiKey(session.person, name, person, sent.integer("days", 365))
        return answer((await ask(self._deps, command)).data)

    async def revoke_key(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A key ends at once."""
        return await self._do(RevokeApiKey(session.person, request.match_info["id"]))

    async def run_rule(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Sweep a rule now."""
        outcome = await ask(self._deps, SweepRule(session.person, request.match_info["key"]))
        return answer({"hits": outcome.data["hits"], "text": outcome.message})

    async def _do(self, command: Command) -> web.StreamResponse:
        outcome = await ask(self._deps, command)
        return answer({"message": outcome.message})


# True and audited, but nothing that anybody would tell a colleague.
INNER_STEPS = frozenset({"StepEntered", "StepLeft", "PathTaken", "DraftOpened"})


def _overview(uow: UnitOfWork) -> dict[str, Any]:
    counts = uow.outbox.counts()
    waiting = counts.get("waiting", 0) + counts.get("leased", 0)
    incidents = len(uow.incidents.list("open"))
    parked = counts.get("parked", 0)
    tiles = [
        _tile("running", "进行中的流程", uow.instances.open_count(), "/instances?state=running"),
        _tile("tasks", "等人处理的待办", uow.instances.open_task_count(), "/instances?state=running"),
        _tile("waiting", "待发送的消息", waiting, "/operations"),
        _tile("parked", "搁置的消息", parked, "/operations", "bad" if parked else "ok"),
        _tile("incidents", "待处理的异常", incidents, "/operations", "warn" if incidents else "ok"),
    ]
    recent = [
        {"at": iso(one.at), "who": uow.people.called(one.actor), "text": trail.sentence(one, uow.people)}
        for one in uow.audit.before(None, 60)
        if one.action not in INNER_STEPS
    ][:12]
    warning = calendar_warning(uow)
    warnings = [{"text": warning, "link": "/operations/calendar"}] if warning else []
    return {"tiles": tiles, "recent": recent, "warnings": warnings}


def _tile(key: str, label: str, value: int, link: str, tone: str = "") -> dict[str, Any]:
    return {"key": key, "label": label, "value": value, "tone": tone, "link": link}


def _outbox(uow: UnitOfWork, state: str, limit: int) -> dict[str, Any]:
    rows = uow.outbox.list(state, limit)
    cards = uow.cards.by_ids([one.card_id for one in rows if one.card_id])
    ids = [_instance_id(one) for one in cards.values()]
    titles = uow.instances.titles([one for one in ids if one])
    counts = {"waiting": 0, "parked": 0, "sent": 0, **uow.outbox.counts()}
    counts["waiting"] += counts.pop("leased", 0)
    return {"counts": counts, "rows": [_outbox_row(uow, one, cards, titles) for one in rows]}


def _instance_id(card: CardRow) -> str:
    """The instance that a card speaks of; a task's id begins with it."""
    if card.subject_kind == "task":
        return card.subject_id.rpartition("-")[0]
    return card.subject_id if card.subject_kind in ("instance", "copy") else ""


def _outbox_row(
    uow: UnitOfWork, row: OutboxRow, cards: dict[str, CardRow], titles: dict[str, str]
) -> dict[str, Any]:
    card = cards.get(row.card_id or "")
    return {
        "id": row.id,
        "kind": row.kind,
        "person": _receiver(uow, row),
        "subject": _subject(card, titles) if card else _words(row),
        "state": row.state,
        "attempts": row.attempts,
        "next_at": iso(row.next_at),
        "error": row.last_error or None,
        "created_at": iso(row.created_at),
    }


def _receiver(uow: UnitOfWork, row: OutboxRow) -> str:
    """A person, an address, a group; "" for other systems."""
    if row.kind in ("http", "webhook"):
        return ""
    if row.kind == "group":
        return f"群「{row.body.get('name', '')}」"
    return str(row.body.get("to") or uow.people.called(row.person))


def _words(row: OutboxRow) -> str:
    """What is said, in short."""
    if row.kind in ("http", "webhook"):
        return str(row.body.get("url", ""))[:100]
    return str(row.body.get("subject") or row.body.get("text", ""))[:60] or "报表图片"


def _subject(card: CardRow, titles: dict[str, str]) -> str:
    word = SUBJECTS.get(card.subject_kind, card.subject_kind)
    title = titles.get(_instance_id(card), "")
    return f"{word}：{title}" if title else word


def _incidents(uow: UnitOfWork, state: str, limit: int) -> dict[str, Any]:
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "object": one.object,
            "text": one.text,
            "count": one.count,
            "first_at": iso(one.first_at),
            "last_at": iso(one.last_at),
            "state": one.state,
        }
        for one in uow.incidents.list(state, limit)
    ]
    return {"rows": rows}


def _keys(uow: UnitOfWork) -> list[dict[str, Any]]:
    rows = uow.access.keys()
    return [_key(uow, one) for one in rows]


def _key(uow: UnitOfWork, key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "person": uow.people.called(key.person),
        "created_at": iso(key.created_at),
        "expires_at": iso(key.expires_at),
        "last_used_at": iso(key.last_used_at),
        "revoked": key.revoked_at is not None,
    }
