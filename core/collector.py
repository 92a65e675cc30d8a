"""Letting the garbage collector rest while many short-lived values are made that hold no circles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting() -> Iterator[None]:
    """Bounded work only: what forms circles in here waits for the collector until it is over.

    The collector walks through everything that is alive each time so many objects were made: a tenth of a chunk
    of a sweep. Several threads may be in here; the first to leave wakes it, which is only early, never wrong.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
