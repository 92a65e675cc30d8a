"""The chart worker: `python -m core.reports.worker`, one process that draws what comes in at stdin.

In:  4 bytes length, then a pickled (ChartKind, ChartData); only its parent, `renderer.py`, can write there.
Out: one byte, `+` or `-`, 4 bytes length, then the PNG or the reason. The first answer, an empty `+`,
says that fonts are loaded. It ends when stdin does, so it never outlives the server.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from decimal import Decimal
from typing import BinaryIO

from core.reports.chartdata import ChartData, ChartKind, Series

LENGTH = struct.Struct(">I")
MEMORY = 512 * 1024 * 1024


def main() -> None:
    """Draws until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the server, which closes us
    out = _own_stdout()
    limit_memory()
    from core.reports.charts import draw  # noqa: PLC0415  after the limits: this loads matplotlib

    draw(ChartKind.BAR, ChartData("准备", ("甲",), (Series("数", (Decimal(1),)),)))
    answer(out, b"+", b"")
    while request := read(sys.stdin.buffer):
        try:
            kind, data = pickle.loads(request)  # noqa: S301  from our parent alone
            png = draw(kind, data)
        except Exception as error:  # noqa: BLE001  the one broad except of this loop: told to the parent
            answer(out, b"-", f"{type(error).__name__}: {error}"[:500].encode())
        else:
            answer(out, b"+", png)


def _own_stdout() -> BinaryIO:
    """The real stdout; whatever a library prints goes to stderr from now on."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def limit_memory() -> None:
    """512 MiB of address space; where the system has no such limit the time limit has to do."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def read(stream: BinaryIO) -> bytes:
    """One message, or b"" when the other end is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else b""


def answer(stream: BinaryIO, mark: bytes, body: bytes) -> None:
    stream.write(mark + LENGTH.pack(len(body)) + body)
    stream.flush()


if __name__ == "__main__":
    main()
