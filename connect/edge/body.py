"""A body's values by name, each checked; what is wrong or unknown is refused with its path."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from connect.edge.failures import Refused, wrong
from connect.edge.jsonbody import read_json

_VISIBLE = re.compile(r"^[!-~]{1,255}$")


class Body:
    """A JSON object that was sent."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str, *, required: bool = False, longest: int = 2000) -> str:
        """A text; "" when it is missing and not required."""
        value = self.values.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            raise wrong(name, f"「{name}」要是文字。")
        if required and not value.strip():
            raise wrong(name, f"请填写「{name}」。")
        if len(value) > longest:
            raise wrong(name, f"「{name}」最多 {longest} 个字。")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number that is not negative."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise wrong(name, f"「{name}」要是整数。")
        return value

    def maybe(self, name: str) -> int | None:
        """A whole number, or None when it is missing."""
        return None if self.values.get(name) is None else self.integer(name)

    def mapping(self, name: str) -> dict[str, Any]:
        """An object."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise wrong(name, f"「{name}」要是一个对象。")
        return value

    def texts(self, name: str, most: int = 100) -> list[str]:
        """A list of texts."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
            raise wrong(name, f"「{name}」要是一列文字。")
        return value


async def body(request: web.Request, *names: str, optional: bool = False) -> Body:
    """The request's JSON body, which may hold these names and no others."""
    values = await read_json(request, optional=optional)
    for key in values:
        if key not in names:
            raise wrong(key[:80], f"不认识「{key[:80]}」，可用：{'、'.join(names) or '无'}。")
    return Body(values)


def limit_of(request: web.Request, default: int = 50, most: int = 200) -> int:
    """The `limit` of a query."""
    text = request.query.get("limit", str(default))
    if not re.fullmatch(r"\d{1,4}", text) or not 1 <= int(text) <= most:
        raise wrong("limit", f"limit 要在 1 到 {most} 之间。")
    return int(text)


def word_of(request: web.Request, name: str, longest: int = 200) -> str:
    """A text of a query, "" when it is missing."""
    text = request.query.get(name, "").strip()
    if len(text) > longest or any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise wrong(name, f"{name} 最多 {longest} 个字，不能有控制字符。")
    return text


def key_in(request: web.Request, header: str) -> str:
    """An idempotency key from a header, "" when there is none: 1–255 visible ASCII characters."""
    value = request.headers.get(header, "")
    if value and not _VISIBLE.match(value):
        raise Refused(400, "bad_key", f"{header} 要是 1 到 255 个可见的 ASCII 字符。")
    return value
