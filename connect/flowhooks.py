"""POST /hooks/flow/{token}: a called system answers a webhook step with its one-time token."""

from __future__ import annotations

from aiohttp import web

from connect.edge import Deps, answer, ask, body
from core.commands import SYSTEM, AnswerCallback


def routes(deps: Deps) -> list[web.RouteDef]:
    """The one route. Nothing of the flow is told; a used or wrong token is not there."""

    async def hook(request: web.Request) -> web.StreamResponse:
        sent = await body(request, "values", optional=True)
        values = sent.mapping("values") if "values" in sent.values else {}
        outcome = await ask(deps, AnswerCallback(SYSTEM, request.match_info["token"], values))
        return answer({"message": outcome.message})

    return [web.post("/hooks/flow/{token:[A-Za-z0-9_-]{20,100}}", hook)]
