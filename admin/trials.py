"""试走 for administrators: walk the flow of a text with made-up values and verdicts; nothing is written."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Body, Deps, answer, body, reading, wrong
from connect.flowbody import picks_in, texts
from core.definitions import LONGEST
from core.flows.trial import Act
from core.queries import trial
from core.store.access import Session

PREFIX = "/admin/api/trials"
MOST_ACTS = 200
ACT = ("say", "step", "person", "comment", "to", "back", "people", "values", "picks")


class Trials:
    """Endpoints of 试走."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.post(f"{PREFIX}/open", guarded(self.open)),
            web.post(f"{PREFIX}/walk", guarded(self.walk)),
            web.post(f"{PREFIX}/cases", guarded(self.cases)),
        ]

    async def open(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The form, its defaults and the people to begin a walk with."""
        sent = await body(request, "text", "person")
        text, person = _text(sent), sent.text("person", longest=100) or session.person
        return answer(await reading(self._deps, lambda uow: trial.opened(uow, text, person)))

    async def walk(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The walk so far: the client keeps the acts, so stepping back is leaving the last one out."""
        sent = await body(request, "text", "person", "values", "acts", "picks", "rest")
        text, person = _text(sent), sent.text("person", longest=100) or session.person
        values, acts, picks = sent.mapping("values"), _acts(sent), picks_in(sent)
        rest = sent.values.get("rest") is True
        return answer(
            await reading(
                self._deps, lambda uow: trial.document(uow, text, person, values, acts, picks, rest=rest)
            )
        )

    async def cases(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The flow's own cases, walked."""
        text = _text(await body(request, "text"))
        return answer({"cases": await reading(self._deps, lambda uow: trial.cases(uow, text))})


def _text(sent: Body) -> str:
    return sent.text("text", required=True, longest=LONGEST)


def _acts(sent: Body) -> list[Act]:
    found = sent.values.get("acts") or []
    if (
        not isinstance(found, list)
        or len(found) > MOST_ACTS
        or not all(isinstance(one, dict) for one in found)
    ):
        raise wrong("acts", f"acts 要是操作的列表，最多 {MOST_ACTS} 个。")
    return [_act(one) for one in found]


def _act(raw: dict[str, Any]) -> Act:
    unknown = set(raw) - set(ACT)
    if unknown:
        raise wrong("acts", f"操作里不认识「{sorted(unknown)[0]}」。")
    one = Body(raw)
    return Act(
        say=one.text("say", required=True, longest=20),
        step=one.text("step", longest=100),
        person=one.text("person", longest=100),
        comment=one.text("comment", longest=500),
        to=one.text("to", longest=100),
        back=one.text("back", longest=20),
        people=texts(one, "people", 20),
        values=one.mapping("values") if raw.get("values") is not None else {},
        picks=picks_in(one),
    )
