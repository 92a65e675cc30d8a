"""The strict JSON reader: what it lets through means the same in Python, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import re
from decimal import Decimal
from typing import Any

from aiohttp import web

from connect.edge.failures import Refused

LIMIT = 1024 * 1024
LARGEST_BODY = 21 * 1024 * 1024  # of an upload; JSON has its own, smaller limit
DEADLINE = 30.0
DEEPEST = 64
DIGITS = 18
BIG = 64 * 1024
# No NUL, no C0 but tab and newline, no lone surrogates: databases differ in what they do with these.
_BAD_TEXT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")


async def read_json(request: web.Request, *, optional: bool = False) -> dict[str, Any]:
    """The request's body, a JSON object. Raises Refused: 400 what, 408 slow, 413 large, 415 not JSON.

    optional  no body at all is an empty object
    """
    if optional and not request.body_exists:
        return {}
    _check_type(request)
    raw = await read_bytes(request, LIMIT)
    return await asyncio.to_thread(parse, raw) if len(raw) > BIG else parse(raw)


def _check_type(request: web.Request) -> None:
    charset = (request.charset or "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise Refused(415, "not_json", "请求的内容类型要是 application/json。")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "encoded", "请求的内容不要压缩。")


async def read_bytes(request: web.Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes, within the deadline."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    found = bytearray()
    try:
        async with asyncio.timeout(DEADLINE):
            async for chunk in request.content.iter_any():
                found += chunk
                if len(found) > limit:
                    raise too_large(limit)
    except TimeoutError:
        raise Refused(408, "slow", "请求的内容迟迟没有传完，请重试。") from None
    return bytes(found)


def too_large(limit: int) -> Refused:
    """413 with the limit in words."""
    return Refused(413, "too_large", f"内容太大，最多 {limit // 1024 // 1024} MB。")


def parse(raw: bytes) -> dict[str, Any]:
    """Bytes → an object of str, int, Decimal, bool, None, lists and objects. Raises Refused."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("不是 UTF-8 文字") from None
    if text.startswith("\ufeff"):
        raise _bad("开头有 BOM，请去掉")
    try:
        value = json.loads(
            text,
            parse_int=_int,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise _bad(f"第 {error.lineno} 行第 {error.colno} 个字符写法不对") from None
    except RecursionError:
        raise _bad(f"嵌套超过 {DEEPEST} 层") from None
    if not isinstance(value, dict):
        raise _bad("最外层要是一个对象 { }")
    _walk(value)
    return value


def _bad(why: str) -> Refused:
    return Refused(400, "bad_json", f"请求的 JSON 不能用：{why}。")


def _int(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise _bad(f"整数超过 {DIGITS} 位，请用文字传")
    return int(text)


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if len(text) > 40 or not -30 <= value.adjusted() <= 30:
        raise _bad("数字太长，请用文字传")
    return value


def _constant(text: str) -> None:
    raise _bad(f"不能用 {text}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _bad(f"「{twice[:40]}」写了两次")
    return found


def _walk(value: Any) -> None:
    """Depth and texts, without recursion."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEEPEST:
            raise _bad(f"嵌套超过 {DEEPEST} 层")
        if isinstance(one, dict):
            for key, inner in one.items():
                _text(key)
                _inner(inner, depth, waiting)
        else:
            for inner in one:
                _inner(inner, depth, waiting)


def _inner(value: Any, depth: int, waiting: list[tuple[Any, int]]) -> None:
    if isinstance(value, str):
        _text(value)
    elif isinstance(value, (dict, list)):
        waiting.append((value, depth + 1))


def _text(value: str) -> None:
    if _BAD_TEXT.search(value):
        raise _bad("有不能识别的控制字符")
