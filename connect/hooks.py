"""POST /hooks/<name>: other systems set rules off. Signed with the hook's own secret, repeated calls have one effect.

Headers: `X-Zhongshu-Timestamp` (seconds), `X-Zhongshu-Signature` (`sha256=` + hex of HMAC-SHA-256 over
`timestamp.body`), optionally `X-Zhongshu-Delivery` (an id of the caller; else the signature is it).
"""

from __future__ import annotations

import hashlib
import hmac
import time

from aiohttp import web

from connect.edge import Deps, Refused, answer, ask, reading
from connect.edge.failures import wrong
from core import canon
from core.canon import sha256
from core.commands import SYSTEM, ReceiveHook
from core.keys import Keys
from core.rules.when import Webhook
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

WINDOW = 300
LARGEST = 256 * 1024
STRANGE = Refused(401, "bad_signature", "签名不对，或者时间相差超过 5 分钟。")


def hook_secret(keys: Keys, name: str) -> str:
    """What the other system signs with."""
    return keys.derive(f"hook:{name}").hex()


def outward_secret(keys: Keys, kind: str, key: str) -> str:
    """What calls of a definition to other systems are signed with: one for each `rule` and `flow`."""
    return keys.derive(f"outward:{kind}:{key}").hex()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The header's value."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"sha256={mac}"


def routes(deps: Deps) -> list[web.RouteDef]:
    """The one route; none where there is no master key."""
    keys = deps.keys
    if keys is None:
        return []

    async def receive(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        body = await request.content.read(LARGEST + 1)
        _check(keys, name, request, body)
        rules = await reading(deps, lambda uow: _rules(uow, name))
        if not rules:
            raise Refused(404, "not_found", "没有规则在听这个通知。")
        given = request.headers.get("X-Zhongshu-Delivery", "")[:100]
        said = []
        for rule in rules:
            id_ = f"{rule}:{given or request.headers['X-Zhongshu-Signature'][-64:]}"
            command = ReceiveHook(SYSTEM, rule, _payload(body))
            outcome = await ask(deps, command, Delivery("hook", id_, sha256(body)))
            said.append({"rule": rule, "fired": outcome.data.get("fired", False), "message": outcome.message})
        return answer({"results": said})

    return [web.post("/hooks/{name}", receive)]


def _check(keys: Keys, name: str, request: web.Request, body: bytes) -> None:
    """Raises Refused."""
    if len(body) > LARGEST:
        raise Refused(413, "too_large", "内容太大。")
    timestamp = request.headers.get("X-Zhongshu-Timestamp", "")
    given = request.headers.get("X-Zhongshu-Signature", "")
    wanted = signature(hook_secret(keys, name), timestamp, body)
    fresh = timestamp.isdecimal() and len(timestamp) < 12 and abs(time.time() - int(timestamp)) <= WINDOW
    if not hmac.compare_digest(given.encode(), wanted.encode()) or not fresh:
        raise STRANGE


def _payload(body: bytes) -> dict[str, object]:
    try:
        found = canon.loads(body)
    except ValueError as error:
        raise wrong("body", "内容要是 JSON。") from error
    if not isinstance(found, dict):
        raise wrong("body", "内容要是一个 JSON 对象。")
    return found


def _rules(uow: UnitOfWork, name: str) -> list[str]:
    return [
        key
        for key, one in uow.shelf.book.rules.items()
        if isinstance(one.rule.when, Webhook) and one.rule.when.webhook == name
    ]
