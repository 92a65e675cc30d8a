"""One uploaded file of a multipart form, bounded in size and time."""

from __future__ import annotations

import asyncio

from aiohttp import BodyPartReader, web

from connect.edge import Refused
from connect.edge.jsonbody import too_large

SECONDS = 300


async def uploaded(request: web.Request, largest: int) -> tuple[str, bytes]:
    """(name, bytes) of the part `file`. Raises Refused."""
    if (request.content_length or 0) > largest + 64 * 1024:
        raise too_large(largest)
    if request.content_type != "multipart/form-data":
        raise Refused(415, "not_multipart", "请用表单上传文件。")
    reader = await request.multipart()
    part = await reader.next()
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Refused(400, "bad_multipart", "没有找到要上传的文件（file）。")
    found = bytearray()
    async with asyncio.timeout(SECONDS):
        while chunk := await part.read_chunk(64 * 1024):
            found += chunk
            if len(found) > largest:
                raise too_large(largest)
    return (part.filename or "")[-120:], bytes(found)
