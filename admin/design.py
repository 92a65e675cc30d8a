"""Definitions for the design page: list, text, check while typing, diff, publish."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from aiohttp import web

from admin import completion
from admin.changing import Changing
from admin.sessions import Browsers
from connect.edge import Deps, Refused, answer, ask, body, reading, wrong
from core.commands import DropDefinition, Publish, SaveDefinition
from core.definitions import KIND_NAMES, LONGEST, Parsed, parse
from core.errors import Invalid, NotFound
from core.publishing import Review, changes, review
from core.queries.records import iso
from core.reports.definition import Report
from core.store.access import Session
from core.store.definitions import Published
from core.store.work import UnitOfWork

BASE = "/admin/api/definitions"


class Design:
    """Endpoints of definitions."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes; the fixed words come before kinds and keys."""
        guarded = self._browsers.guarded
        return [
            web.get(BASE, guarded(self.list)),
            web.post(f"{BASE}/check", guarded(self.check)),
            web.post(f"{BASE}/diff", guarded(self.diff)),
            web.post(f"{BASE}/publish", guarded(self.publish)),
            *Changing(self._deps, self._browsers).routes(),
            web.get(BASE + "/{kind}/{key}", guarded(self.show)),
            web.get(BASE + "/{kind}/{key}/versions/{version}", guarded(self.version)),
            web.put(BASE + "/{kind}/{key}/draft", guarded(self.save)),
            web.delete(BASE + "/{kind}/{key}/draft", guarded(self.drop)),
        ]

    async def list(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """All definitions, and drafts of new ones."""
        return answer(await reading(self._deps, _list))

    async def show(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """One definition: published text, draft, history."""
        kind, key = _which(request)
        return answer(await reading(self._deps, lambda uow: _show(uow, kind, key)))

    async def version(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The text of one version."""
        kind, key = _which(request)
        number = request.match_info["version"]
        if not number.isdecimal() or len(number) > 9:
            raise NotFound
        row = await reading(self._deps, lambda uow: uow.definitions.load(kind, key, int(number)))
        if row is None:
            raise NotFound("没有这个版本。")
        called = await reading(self._deps, lambda uow: uow.people.called(row.published_by))
        return answer({**_note(row, called), "text": row.source})

    async def save(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Autosave of the text that is being worked on."""
        kind, key = _which(request)
        sent = await body(request, "text", "revision")
        command = SaveDefinition(
            session.person, kind, key, sent.text("text", longest=LONGEST), sent.integer("revision")
        )
        return answer({"revision": (await ask(self._deps, command)).data["revision"]})

    async def drop(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Throw that text away."""
        kind, key = _which(request)
        await ask(self._deps, DropDefinition(session.person, kind, key))
        return answer({})

    async def check(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Every mistake of a text with its place, names to complete with, and how it looks."""
        text = (await body(request, "text")).text("text", longest=LONGEST)
        found, said = await reading(self._deps, lambda uow: self._check(uow, text))
        if not found.mistakes and found.parsed and isinstance(found.parsed[0].model, Report):
            png = await self._deps.picture(found.parsed[0].model, session.person)
            said["preview"] = {"image": f"data:image/png;base64,{b64encode(png).decode()}"} if png else None
        return answer(said)

    def _check(self, uow: UnitOfWork, text: str) -> tuple[Review, dict[str, Any]]:
        found = review(uow, text)
        kind, key = completion.head(text)
        first = found.parsed[0] if found.parsed else None
        return found, {
            "problems": [_problem(one) for one in found.mistakes],
            "kind": first.kind if first else kind or None,
            "key": first.key if first else key or None,
            "title": first.title if first else None,
            "names": completion.names(uow, text, found.parsed),
            "preview": self._preview(uow, found),
        }

    def _preview(self, uow: UnitOfWork, found: Review) -> dict[str, Any] | None:
        if not found.parsed or any(one.level == "error" for one in found.mistakes):
            return None
        return self._deps.preview(uow, found.parsed[0])

    async def diff(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What publishing a text would change, in sentences."""
        text = (await body(request, "text")).text("text", required=True, longest=LONGEST)
        return answer(await reading(self._deps, lambda uow: _diff(uow, text)))

    async def publish(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Put a text in force."""
        sent = await body(request, "text", "note", "base")
        text = sent.text("text", required=True, longest=LONGEST)
        command = Publish(session.person, text, sent.text("note", longest=500), sent.maybe("base"))
        outcome = await ask(self._deps, command)
        data = outcome.data
        if not data["kind"]:
            data = await reading(self._deps, lambda uow: _present(uow, text))
        return answer({**data, "message": outcome.message})


def _which(request: web.Request) -> tuple[str, str]:
    kind, key = request.match_info["kind"], request.match_info["key"]
    if kind not in KIND_NAMES:
        raise NotFound("没有这种定义。")
    if not 0 < len(key) <= 40:
        raise wrong("key", "定义的 key 最多 40 个字。")
    return kind, key


def _list(uow: UnitOfWork) -> list[dict[str, Any]]:
    drafts = uow.definitions.drafts()
    found = [_row(uow, one, has_draft=(one.kind, one.key) in drafts) for one in uow.definitions.heads()]
    known = {(one["kind"], one["key"]) for one in found}
    for kind, key in sorted(drafts - known):
        found.append(
            {
                "kind": kind,
                "key": key,
                "title": _draft_title(uow, kind, key),
                "version": 0,
                "published_at": None,
                "published_by": None,
                "has_draft": True,
            }
        )
    return found


def _row(uow: UnitOfWork, one: Published, *, has_draft: bool) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "key": one.key,
        "title": one.title,
        "version": one.version,
        "published_at": iso(one.published_at),
        "published_by": uow.people.called(one.published_by),
        "has_draft": has_draft,
    }


def _draft_title(uow: UnitOfWork, kind: str, key: str) -> str:
    draft = uow.definitions.draft(kind, key)
    parsed, _ = parse(draft.source) if draft else ([], [])
    return parsed[0].title if parsed else key


def _show(uow: UnitOfWork, kind: str, key: str) -> dict[str, Any]:
    history = uow.definitions.history(kind, key)
    draft = uow.definitions.draft(kind, key)
    if not history and draft is None:
        raise NotFound(f"没有这个{KIND_NAMES[kind]}：{key}")
    called = uow.people.called
    head = history[0] if history else None
    return {
        "kind": kind,
        "key": key,
        "title": head.title if head else _draft_title(uow, kind, key),
        "published": {**_note(head, called(head.published_by)), "text": head.source} if head else None,
        "draft": {"text": draft.source, "revision": draft.revision} if draft else None,
        "history": [_note(one, called(one.published_by)) for one in history],
        "running": _running(uow, kind, key),
    }


def _note(row: Published, called: str) -> dict[str, Any]:
    return {"version": row.version, "at": iso(row.published_at), "by": called, "note": row.note}


def _running(uow: UnitOfWork, kind: str, key: str) -> int:
    """How many instances go on with the version that they began with."""
    if kind == "flow":
        return uow.instances.open_count(flow=key)
    return uow.instances.open_count(form=key) if kind == "form" else 0


def _problem(one: Any) -> dict[str, Any]:
    return {
        "line": one.line,
        "column": one.column,
        "path": one.path,
        "message": one.message,
        "level": one.level,
    }


def _diff(uow: UnitOfWork, text: str) -> dict[str, Any]:
    found = review(uow, text)
    if not found.parsed:
        raise Invalid(tuple(one.problem() for one in found.mistakes), "这段文字还不能比较，请先改正错误。")
    several = len(found.parsed) > 1
    told = [
        {"sign": change.sign, "text": f"「{one.title}」{change.text}" if several else change.text}
        for one in found.parsed
        for change in changes(uow, one)
    ]
    first = found.parsed[0]
    base = uow.shelf.version(first.kind, first.key)
    running = _running(uow, first.kind, first.key)
    note = _diff_note(first, base, running, changed=bool(told), wrong=len(found.mistakes))
    return {"base": base, "changes": told, "running": running, "note": note}


def _diff_note(one: Parsed, base: int, running: int, *, changed: bool, wrong: int) -> str:
    if not changed:
        return "和现在的版本没有差别，不需要发布。"
    said = f"发布后成为{KIND_NAMES[one.kind]}「{one.title}」的版本 {base + 1}。"
    if running:
        said += f"进行中的 {running} 个流程仍按原来的版本走完。"
    return said + (f"还有 {wrong} 处错误，改正后才能发布。" if wrong else "")


def _present(uow: UnitOfWork, text: str) -> dict[str, Any]:
    """Nothing changed: the definition as it is in force."""
    parsed, _ = parse(text)
    if not parsed:
        raise Refused(409, "conflict", "定义刚刚变了，请刷新后再发布。")
    one = parsed[0]
    return {"kind": one.kind, "key": one.key, "version": uow.shelf.version(one.kind, one.key)}
