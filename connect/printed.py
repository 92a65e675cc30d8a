"""Printed sheets as answers: one record or many, on any template."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from aiohttp import web

from connect import printing
from connect.edge import Deps, reading
from core.errors import UserError

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'"


async def sheet(
    deps: Deps, person: str, form: str, ids: tuple[str, ...], asked: Mapping[str, str]
) -> web.Response:
    """Print records; `asked` holds template and format."""
    template, wanted = asked.get("template", "")[:60], asked.get("format", "html")[:10]
    settings = deps.settings
    order = printing.Order(form, ids, template, person, settings.company, settings.base_url)
    filled = await reading(deps, lambda uow: printing.fill(uow, order))
    try:
        return answered(await printing.finish(filled, wanted))
    except UserError as error:
        if error.code != "no_pdf":
            raise
        return answered(_instead(await printing.finish(filled, "html"), error))


def _instead(made: printing.Printed, error: UserError) -> printing.Printed:
    """The page where a PDF was asked for and cannot be made, with a line that says so and does not print."""
    note = (
        "<style>@media print { .instead { display: none } }</style>"
        f'<p class="instead" style="padding:8px 12px;background:#fff7e8">{escape(error.message)}</p>'
    )
    body = made.body.decode().replace("<body>", f"<body>{note}", 1)
    return printing.Printed(made.name, "html", body.encode())


def answered(made: printing.Printed) -> web.Response:
    """A page to look at, or a file."""
    headers = {"Cache-Control": "no-store"}
    if made.kind == "html":
        headers["Content-Security-Policy"] = POLICY
        return web.Response(body=made.body, content_type="text/html", charset="utf-8", headers=headers)
    how = "inline" if made.kind == "pdf" else "attachment"
    headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(f'{made.name}.{made.kind}')}"
    return web.Response(body=made.body, content_type=printing.TYPES[made.kind], headers=headers)
