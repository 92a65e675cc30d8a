"""Problems of the open API say where as a JSON pointer into the body that was sent (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connect.edge import Refused


@contextmanager
def pointed(base: str) -> Iterator[None]:
    """Refusals from inside come out with the pointers of their problems, below `base` of the body."""
    try:
        yield
    except Refused as refused:
        if refused.problems:
            refused.more["problems"] = [
                {"path": one.path, "pointer": pointer(base, one.path), "message": one.message}
                for one in refused.problems
            ]
        raise


def pointer(base: str, path: str) -> str:
    """`items.2.amount` below `/values` is `/values/items/2/amount`."""
    parts = [one.replace("~", "~0").replace("/", "~1") for one in path.split(".") if one]
    return "/".join([base, *parts])
