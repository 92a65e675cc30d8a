"""The one form of an error, whatever went wrong: {code, message, field, hint, request_id, problems}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from core import canon
from core.errors import Invalid, Problem, UserError
from core.service import Outcome

STATUS = {
    "invalid": 422,
    "not_found": 404,
    "not_allowed": 403,
    "conflict": 409,
    "key_reused": 409,
    "busy": 503,
    "file_too_large": 413,
}
OTHER_REFUSAL = 422
BUSY_SECONDS = {"Retry-After": "10"}


class Refused(Exception):
    """A request that is answered with an error; `more` is added to its JSON, `headers` to the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        problems: Sequence[Problem] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def refused_by(outcome: Outcome) -> Refused:
    """A refusal of the door as HTTP."""
    return Refused(
        STATUS.get(outcome.code, OTHER_REFUSAL),
        outcome.code,
        outcome.message,
        outcome.hint,
        problems=outcome.problems,
        headers=BUSY_SECONDS if outcome.code == "busy" else {},
    )


def refused_for(error: UserError) -> Refused:
    """A UserError of a read as HTTP."""
    problems = error.problems if isinstance(error, Invalid) else ()
    status = STATUS.get(error.code, OTHER_REFUSAL)
    return Refused(status, error.code, error.message, error.hint, problems=problems)


def wrong(path: str, message: str) -> Refused:
    """One value of a body or query that does not fit."""
    return Refused(422, "invalid", message, problems=(Problem(path, message),))


def error_answer(refused: Refused, request_id: str) -> web.Response:
    """The answer to a refused request."""
    body: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message,
        "field": refused.problems[0].path if refused.problems else "",
        "hint": refused.hint,
        "request_id": request_id,
        "problems": [_problem(one) for one in refused.problems],
        **refused.more,
    }
    return web.json_response(
        status=refused.status,
        text=canon.dumps(body),
        headers={**refused.headers, "Cache-Control": "no-store"},
    )


def _problem(one: Problem) -> dict[str, str]:
    return {"path": one.path, "message": one.message}
