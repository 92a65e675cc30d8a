"""Uploaded files of both platforms: what a file really is (by its first bytes), and where it is kept."""

import base64
import itertools
from dataclasses import dataclass
from typing import Any

from sandbox.journal import Journal
from sandbox.people import Platform

MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpg"),
    (b"GIF8", 0, "gif"),
    (b"BM", 0, "bmp"),
    (b"#!AMR", 0, "amr"),
    (b"ID3", 0, "mp3"),
    (b"WAVE", 8, "wav"),
    (b"ftyp", 4, "mp4"),
    (b"%PDF", 0, "pdf"),
    (b"PK\x03\x04", 0, "zip"),
    (b"Rar!", 0, "rar"),
    (b"\xd0\xcf\x11\xe0", 0, "ole"),
)
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
}


@dataclass(frozen=True)
class Upload:
    id: str
    platform: Platform
    type: str
    name: str
    data: bytes
    at: float

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES.get(kind_of(self.data), "application/octet-stream")


def kind_of(data: bytes) -> str:
    """The file kind by magic bytes (png, jpg, zip, ole …), or "" when unknown."""
    return next((kind for magic, at, kind in MAGIC if data[at : at + len(magic)] == magic), "")


class Media:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._numbers = itertools.count(1)
        self._kept: dict[str, Upload] = {}

    def keep(self, platform: Platform, type_: str, name: str, data: bytes, at: float) -> Upload:
        prefix = "@lADPsandbox" if platform is Platform.DINGTALK else "3sandbox_"
        upload = Upload(f"{prefix}{next(self._numbers):06d}", platform, type_, name, data, at)
        self._kept[upload.id] = upload
        text = base64.b64encode(data).decode()
        self._journal.write(
            "media",
            {"id": upload.id, "platform": platform, "type": type_, "name": name, "at": at, "data": text},
        )
        return upload

    def restore(self, row: dict[str, Any]) -> None:
        row["data"] = base64.b64decode(row["data"])
        upload = Upload(**(row | {"platform": Platform(row["platform"])}))
        self._kept[upload.id] = upload
        self._numbers = itertools.count(max(next(self._numbers), int(upload.id[-6:]) + 1))

    def find(self, media_id: str) -> Upload | None:
        return self._kept.get(media_id)


def media_url(media_id: str) -> str:
    """Where the page finds an upload; URLs are passed through."""
    return media_id if media_id.startswith(("http://", "https://")) else f"/sandbox/media/{media_id}"
