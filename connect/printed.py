"""Printed sheets as answers: one record or many, on any template."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from connect import printing
from connect.edge import Deps, reading

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'"


async def sheet(
    deps: Deps, person: str, form: str, ids: tuple[str, ...], asked: Mapping[str, str]
) -> web.Response:
    """Print records; `asked` holds template and format."""
    template, wanted = asked.get("template", "")[:60], asked.get("format", "html")[:10]
    settings = deps.settings
    order = printing.Order(form, ids, template, person, settings.company, settings.base_url)
    filled = await reading(deps, lambda uow: printing.fill(uow, order))
    return answered(await printing.finish(filled, wanted))


def answered(made: printing.Printed) -> web.Response:
    """A page to look at, or a file."""
    headers = {"Cache-Control": "no-store"}
    if made.kind == "html":
        headers["Content-Security-Policy"] = POLICY
        return web.Response(body=made.body, content_type="text/html", charset="utf-8", headers=headers)
    how = "inline" if made.kind == "pdf" else "attachment"
    headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(f'{made.name}.{made.kind}')}"
    return web.Response(body=made.body, content_type=printing.TYPES[made.kind], headers=headers)
