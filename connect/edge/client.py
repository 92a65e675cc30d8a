"""Who is at the other end: the address behind trusted proxies, and whether the page that asks is ours."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from connect.edge.failures import Refused
from core.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def address(request: web.Request, settings: Settings) -> str:
    """The client's address: the last one in X-Forwarded-For that is no trusted proxy of ours."""
    found = request.remote or ""
    chain = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    while _trusted(found, settings.trusted_proxy) and chain:
        found = chain.pop()
    return found[:60]


def _trusted(found: str, setting: str) -> bool:
    """True when an address lies in one of the networks of a setting (`10.0.0.0/8, 127.0.0.1`)."""
    try:
        parsed = ipaddress.ip_address(found)
    except ValueError:
        return False
    networks = [one.strip() for one in setting.split(",") if one.strip()]
    return any(parsed in ipaddress.ip_network(one, strict=False) for one in networks)


def check_origin(request: web.Request, settings: Settings) -> None:
    """Refuse a change asked for by another site's page; where neither header comes, the token decides."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise _foreign()
        return
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(settings.base_url).netloc}
    if origin is not None and urlsplit(origin).netloc not in ours:
        raise _foreign()


def _foreign() -> Refused:
    return Refused(403, "cross_site", "这个请求来自别的网站，已拒绝。")
