"""Around every handler, outermost first: request id, security headers, the error mapper."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from connect.edge.deps import Deps
from connect.edge.failures import BUSY_SECONDS, Refused, error_answer, refused_for
from core.errors import UserError
from core.expressions import ExpressionError
from core.settings import Settings
from core.store.writer import Busy

log = structlog.get_logger()

REQUEST_ID = web.RequestKey("request_id", str)
MORE_HEADERS: web.RequestKey[dict[str, str]] = web.RequestKey("more_headers", dict)

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors {framers}"
)


def middlewares(deps: Deps) -> list[Middleware]:
    """What the application puts around all routes."""
    return [_identified, _secured(deps), _mapped]


@web.middleware
async def _identified(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A random id for each request, in logs, in errors and in the answer; headers that a handler asked for."""
    request[REQUEST_ID] = request_id = secrets.token_hex(8)
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await handler(request)
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
        response.headers.update(request.get(MORE_HEADERS, {}))
    return response


def _secured(deps: Deps) -> Middleware:
    own = _POLICY.format(framers="'self'")
    framed = _POLICY.format(framers=framers(deps.settings))
    common = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        **({"Strict-Transport-Security": "max-age=31536000"} if deps.secure else {}),
    }

    @web.middleware
    async def secured(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if not response.prepared:
            policy = framed if request.path.startswith("/h5/") else own
            for name, value in {**common, "Content-Security-Policy": policy}.items():
                response.headers.setdefault(name, value)
        return response

    return secured


def framers(settings: Settings) -> str:
    """Who may show H5 pages in a frame: we, and the desktop clients of the platforms."""
    bases = [urlsplit(one) for one in (settings.dingtalk_login_base, settings.wecom_login_base)]
    return " ".join(["'self'", *dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in bases if one.netloc)])


@web.middleware
async def _mapped(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await _known(request, handler)
    except (ConnectionError, web.HTTPException):
        raise
    except Exception:  # the loop over requests: a bug in one handler answers 500 and is logged
        log.exception("request failed", path=request.path, method=request.method)
        hint = f"请把编号 {request[REQUEST_ID]} 告诉系统管理员。"
        refused = Refused(500, "internal", "系统出错了，请稍后再试。", hint)
        return error_answer(refused, request[REQUEST_ID])


async def _known(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error that is not a bug, as an answer."""
    try:
        return await handler(request)
    except Refused as error:
        refused = error
    except UserError as error:
        refused = refused_for(error)
    except ExpressionError as error:
        place = f"（第 {error.position + 1} 个字）" if error.position else ""
        refused = Refused(422, "bad_expression", f"{error.message}{place}")
    except Busy as error:
        refused = Refused(503, "busy", str(error), headers=BUSY_SECONDS)
    except web.RequestPayloadError:
        refused = Refused(400, "bad_request", "请求的内容没有传完整。")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        refused = _http(error, request)
    return error_answer(refused, request[REQUEST_ID])


def _http(error: web.HTTPException, request: web.Request) -> Refused:
    """aiohttp's own refusals: no such route, no such method, body too large."""
    kept = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    if error.status == 404:
        return Refused(404, "not_found", "没有这个地址。")
    if error.status == 405:
        return Refused(405, "bad_method", f"这个地址不支持 {request.method}。", headers=kept)
    if error.status == 413:
        return Refused(413, "too_large", "内容太大。")
    return Refused(error.status, "refused", f"请求被拒绝（{error.reason}）。", headers=kept)
