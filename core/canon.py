"""Canonical JSON: one text for one value, so that hashes and comparisons hold.

Keys sorted, UTF-8, no spaces; Decimal as text, dates and instants ISO 8601 (instants UTC with `Z`).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_DATACLASS


def _default(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "items"):
        return dict(value.items())
    raise TypeError(f"{type(value).__name__} has no canonical form")


def dumps(value: object) -> str:
    """The canonical text of a value."""
    return orjson.dumps(value, default=_default, option=_OPTIONS).decode()


def loads(text: str | bytes) -> Any:
    """A value from JSON text we wrote ourselves."""
    return orjson.loads(text)


def sha256(text: str | bytes) -> str:
    """Lower-case hex digest."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
