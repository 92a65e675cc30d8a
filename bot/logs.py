"""Structured logs: one JSON line an event, UTC, secrets masked by the name of their field."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAME = re.compile(
    r"secret|token|ticket|password|authorization|aes_key|cookie|response_code", re.IGNORECASE
)
SECRET_TEXT = re.compile(r"((?:access_token|ticket|corpsecret|appsecret|code|msg_signature)=)[^&\s\"']+")


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what must not be read by whoever reads logs."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = SECRET_TEXT.sub(r"\1***", value)
    return event


def configure(level: str, *, pretty: bool = False) -> None:
    """Set up logging for the process; everything goes to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False)
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
