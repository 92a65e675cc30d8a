"""Uploaded files: kept with the type that their bytes say."""

from __future__ import annotations

import hashlib
import re

from core.acting import Done
from core.commands import StoreFile
from core.errors import UserError
from core.store.work import UnitOfWork

FILE_LIMIT = 20 * 1024 * 1024


def store_file(uow: UnitOfWork, command: StoreFile) -> Done:
    """Keep an uploaded file; its type is what its bytes say."""
    if not command.body:
        raise UserError("empty_file", "这个文件是空的，请重新选择。")
    if len(command.body) > FILE_LIMIT:
        raise UserError("file_too_large", f"文件太大，最多 {FILE_LIMIT // 1024 // 1024} MB。")
    name = re.sub(r"[\x00-\x1f/\\]", "_", command.name).strip()[-120:] or "文件"
    row = {
        "id": uow.ids(),
        "name": name,
        "type": content_type(command.body, command.content_type),
        "size": len(command.body),
        "sha256": hashlib.sha256(command.body).hexdigest(),
        "body": command.body,
        "person": command.actor,
        "created_at": uow.now,
    }
    uow.files.add(**row)
    return Done(data={name: row[name] for name in ("id", "name", "size", "type")})


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)


def content_type(body: bytes, claimed: str) -> str:
    """The type by the first bytes; office files are zip archives; anything unknown is only ever a download."""
    found = next((kind for magic, kind in _MAGIC if body.startswith(magic)), "")
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        found = "image/webp"
    if found == "application/zip" and claimed.startswith("application/vnd.openxmlformats-officedocument."):
        return claimed
    if found:
        return found
    return "text/plain" if claimed == "text/plain" else "application/octet-stream"
