"""How other systems know that a call is ours: the same signature as on calls that we take, and the webhook standard.

`X-Zhongshu-Timestamp` and `X-Zhongshu-Signature: sha256=` + hex of HMAC-SHA-256 over `timestamp.body`, as in
connect/hooks.py, and for receivers that know standardwebhooks.com `webhook-id`, `webhook-timestamp`,
`webhook-signature: v1,` + base64 of HMAC-SHA-256 over `id.timestamp.body`. `webhook-id` is the outbox row: the same
on each try, so that a receiver can tell a repeat. The key is the secret's text as the admin page shows it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from connect.hooks import outward_secret, signature

__all__ = ["headers", "outward_secret"]


def headers(secret: str, id_: str, at: int, body: bytes) -> dict[str, str]:
    """What stands above the body."""
    mac = hmac.new(secret.encode(), f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Zhongshu-Timestamp": str(at),
        "X-Zhongshu-Signature": signature(secret, str(at), body),
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }
