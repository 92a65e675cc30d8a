"""The built pages: HTML without cache, assets for ever, nothing outside their folder."""

from __future__ import annotations

from html import escape
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
_HTML = {"Cache-Control": "no-cache"}
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Pages:
    """Serves the files of one folder."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder.resolve()

    async def admin(self, _request: web.Request) -> web.StreamResponse:
        """The admin page."""
        return self._page("index.html")

    async def mobile(self, _request: web.Request) -> web.StreamResponse:
        """The H5 page; it reads the handle from its address."""
        return self._page("m.html")

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A file of the build; its name holds a hash of its content."""
        path = self._inside("assets/" + request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_FOREVER)

    def _page(self, name: str) -> web.StreamResponse:
        path = self._inside(name)
        if path is None:
            return sorry(503, "页面还没有构建", "请在项目目录运行 make web，再刷新这一页。")
        return web.FileResponse(path, headers=_HTML)

    def _inside(self, name: str) -> Path | None:
        """The file of that name when it is one, and inside the folder after every link and `..`."""
        try:
            path = (self._folder / name).resolve()
        except (ValueError, OSError):
            return None
        return path if path.is_relative_to(self._folder) and path.is_file() else None


def sorry(status: int, title: str, text: str) -> web.Response:
    """A small page for people who came by a link and cannot go on."""
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head>"
        '<body style="font-family:sans-serif;margin:15vh auto;max-width:22em;padding:0 1em;color:#1f2329">'
        f'<main><h1 style="font-size:1.3em">{escape(title)}</h1><p>{escape(text)}</p></main></body></html>'
    )
    return web.Response(status=status, text=html, content_type="text/html", headers=_HTML)
