"""Uploads and downloads: bounded, typed by content, seen by those who see the record that holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import TypeVar
from urllib.parse import quote

from aiohttp import BodyPartReader, web
from PIL import Image, ImageOps

from connect.edge import Deps, Refused, answer, ask, reading
from connect.edge.jsonbody import too_large
from core.canon import sha256
from core.commands import StoreFile
from core.errors import NotFound
from core.queries.pages import find_file
from core.store.drafts import FileInfo
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

T = TypeVar("T")

LIMIT = 20 * 1024 * 1024
CHUNK = 64 * 1024
CHUNK_SECONDS = 30.0
WHOLE_SECONDS = 300.0
THUMB = (320, 320)
MOST_PIXELS = 50_000_000
# Shown in the browser; every other type is a download, whatever it says it is.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
PICTURES = ("PNG", "JPEG", "GIF", "WEBP")


class Files:
    """What the file endpoints of pages and API do; each of them knows its person in its own way."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._drawing = asyncio.Semaphore(2)

    async def upload(self, request: web.Request, person: str, key: str = "") -> web.StreamResponse:
        """Keep the file of a multipart form's part `file`; `key` makes a repeated upload one file."""
        if request.content_type != "multipart/form-data":
            raise Refused(415, "not_multipart", "请用表单上传文件。")
        if (request.content_length or 0) > LIMIT + CHUNK:
            raise too_large(LIMIT)
        part = await _file_part(request)
        body = await _bytes(part)
        claimed = part.headers.get("Content-Type", "")
        command = StoreFile(person, part.filename or "", claimed, body)
        delivery = (
            Delivery("file", sha256(f"{person}\0{key}"), sha256(body), keep_invalid=False) if key else None
        )
        outcome = await ask(self._deps, command, delivery)
        return answer(outcome.data)

    async def download(self, request: web.Request, person: str) -> web.StreamResponse:
        """The bytes; `?thumb=1` a small picture."""
        file_id = request.match_info["id"]

        def load(uow: UnitOfWork) -> tuple[FileInfo, bytes]:
            found = find_file(uow, file_id, person)
            return found, uow.files.body(file_id) or b""

        found, body = await reading(self._deps, load)
        if request.query.get("thumb") != "1":
            return _sent(found.name, found.type, body)
        async with self._drawing:
            small = await asyncio.to_thread(thumbnail, body)
        if small is None:
            raise NotFound("这个文件没有缩略图。")
        return _sent(found.name, "image/png", small)


async def _file_part(request: web.Request) -> BodyPartReader:
    try:
        reader = await request.multipart()
        part = await _in_time(reader.next)
    except ValueError:
        raise Refused(400, "bad_multipart", "上传的格式不对。") from None
    if not isinstance(part, BodyPartReader) or part.name != "file" or not part.filename:
        raise Refused(400, "bad_multipart", "没有找到要上传的文件（file）。")
    return part


async def _bytes(part: BodyPartReader) -> bytes:
    found = bytearray()
    async with asyncio.timeout(WHOLE_SECONDS):
        while chunk := await _in_time(lambda: part.read_chunk(CHUNK)):
            found += chunk
            if len(found) > LIMIT:
                raise too_large(LIMIT)
    return bytes(found)


async def _in_time(read: Callable[[], Awaitable[T]]) -> T:
    try:
        return await asyncio.wait_for(read(), CHUNK_SECONDS)
    except TimeoutError:
        raise Refused(408, "slow", "文件迟迟没有传完，请重试。") from None


def _sent(name: str, type_: str, body: bytes) -> web.Response:
    """File bytes that can do nothing in a browser but be looked at or saved."""
    how = "inline" if type_ in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
        "Cache-Control": "private, max-age=3600",
    }
    return web.Response(body=body, content_type=type_, headers=headers)


def thumbnail(body: bytes) -> bytes | None:
    """A PNG of at most 320 × 320, upright; None when this is no picture or far too large a one."""
    try:
        with Image.open(BytesIO(body), formats=PICTURES) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", THUMB)
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail(THUMB)
            out = BytesIO()
            upright.convert("RGBA" if "A" in upright.getbands() else "RGB").save(out, "PNG")
            return out.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
