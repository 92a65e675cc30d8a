"""Decision tables as a grid: what the editor shows of a text, the text of an edited grid, a row tried."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, answer, body, reading, wrong
from core.definitions import LONGEST
from core.errors import NotFound
from core.rules.table import DecisionTable
from core.rules.tablecsv import rows_from_csv, to_csv, with_rows
from core.rules.tablegrid import grid_of, tried, written
from core.store.access import Session
from core.store.work import UnitOfWork

PREFIX = "/admin/api/tables"
SHAPE = {"hit": str, "collect": str, "inputs": list, "outputs": list, "rows": list, "otherwise": list}


class Tables:
    """Endpoints of decision tables."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.post(f"{PREFIX}/grid", guarded(self.grid)),
            web.post(f"{PREFIX}/try", guarded(self.trial)),
            web.get(PREFIX + "/{key}/csv", guarded(self.csv)),
            web.post(PREFIX + "/{key}/csv", guarded(self.read_csv)),
        ]

    async def grid(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The text (with an edited grid written into it) and the grid of it."""
        sent = await body(request, "text", "grid")
        text, edited = sent.text("text", required=True, longest=LONGEST), sent.mapping("grid")
        if edited and not _fits(edited):
            raise wrong("grid", "表格的内容不完整，请刷新页面再试。")

        def work(uow: UnitOfWork) -> dict[str, Any]:
            now = written(text, edited) if edited else text
            return {"text": now, "grid": grid_of(now, uow.shelf.find_form)}

        return answer(await reading(self._deps, work))

    async def trial(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Which rows some inputs hit."""
        sent = await body(request, "text", "values")
        text, values = sent.text("text", required=True, longest=LONGEST), sent.texts("values")
        return answer(await reading(self._deps, lambda uow: tried(text, values, uow.shelf.find_form)))

    async def csv(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """A decision table for a spreadsheet."""
        key = request.match_info["key"]
        text = await reading(self._deps, lambda uow: to_csv(_table(uow, key)[0]))
        name = {"Content-Disposition": f'attachment; filename="{key}.csv"', "Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=name)

    async def read_csv(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The definition's text with the rows of an edited grid: to look at, check and publish in the editor."""
        key = request.match_info["key"]
        text = (await body(request, "csv")).text("csv", required=True, longest=LONGEST)

        def work(uow: UnitOfWork) -> dict[str, Any]:
            definition, source = _table(uow, key)
            rows = rows_from_csv(definition, text)
            return {"text": with_rows(source, rows), "rows": len(rows)}

        return answer(await reading(self._deps, work))


def _fits(grid: Any) -> bool:
    """Whether an edited grid has all its parts, each of its kind."""
    if any(not isinstance(grid.get(name), kind) for name, kind in SHAPE.items()):
        return False
    columns = [*grid["inputs"], *grid["outputs"]]
    wide = all(isinstance(row, list) for row in grid["rows"])
    inputs = all(isinstance(one, dict) and "text" in one for one in grid["inputs"])
    outputs = all(
        isinstance(one, dict) and {"key", "label", "type", "values"} <= one.keys() for one in grid["outputs"]
    )
    return wide and inputs and outputs and len(columns) <= 24 and len(grid["rows"]) <= 2000


def _table(uow: UnitOfWork, key: str) -> tuple[DecisionTable, str]:
    ready = uow.shelf.book.tables.get(key)
    row = uow.definitions.load("table", key, uow.shelf.version("table", key))
    if ready is None or row is None:
        raise NotFound("没有这张决策表。")
    return ready.definition, row.source
