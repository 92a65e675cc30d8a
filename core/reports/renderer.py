"""Draws charts outside the server's process, so that no chart can stop, slow or swell it.

A plain child process over pipes rather than a ProcessPoolExecutor: a pool cannot end one task that hangs, and
its children import the server's `__main__`. The child gets no secrets from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from core.reports.chartdata import ChartData, ChartKind
from core.reports.worker import LENGTH

SECONDS = 5.0
START_SECONDS = 30.0
CHARTS_PER_WORKER = 200
MAX_REQUEST = 4 * 1024 * 1024
MAX_WAITING = 64
KEPT_FROM_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "LANG", "VIRTUAL_ENV")
log = logging.getLogger(__name__)


class RenderFailed(Exception):
    """No picture this time; the numbers can still be sent as text (`texttable.as_text`)."""


class Renderer:
    """Up to `workers` charts at a time, each in a child that lives for `charts` charts of `seconds` each."""

    def __init__(self, workers: int = 1, seconds: float = SECONDS, charts: int = CHARTS_PER_WORKER) -> None:
        self._seconds = seconds
        self._charts = charts
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="charts")
        self._settings = tempfile.TemporaryDirectory(prefix="zhongshu-charts-", ignore_cleanup_errors=True)
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._workers = workers
        self._waiting = 0
        self._closed = False
        self._lock = threading.Lock()
        self._children: set[_Child] = set()

    async def warm(self) -> None:
        """Starts every worker and waits until it can draw. Raises RenderFailed when it cannot."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, self._add) for _ in range(self._workers)))

    async def render(self, kind: ChartKind, data: ChartData) -> bytes:
        """The PNG. Raises RenderFailed: value too large, over 5 s or 512 MiB, too many waiting, or closed."""
        request = pickle.dumps((kind, data))
        if self._closed or self._waiting >= MAX_WAITING or len(request) > MAX_REQUEST:
            raise RenderFailed("closed, too many charts are waiting, or the chart is too large")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._draw, request)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the children at once; a chart being drawn raises RenderFailed."""
        with self._lock:
            self._closed = True
            children = tuple(self._children)
        for child in children:
            child.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._settings.cleanup()

    def _draw(self, request: bytes) -> bytes:
        """In a thread: one chart by an idle child, or by a new one."""
        child = self._take()
        try:
            png = child.ask(request, self._seconds)
        except _Refused as refusal:  # the child is well, the chart is not
            self._give_back(child)
            raise RenderFailed(str(refusal)) from None
        except RenderFailed:
            self._drop(child)
            raise
        self._give_back(child)
        return png

    def _take(self) -> _Child:
        while True:
            try:
                child = self._idle.get_nowait()
            except queue.Empty:
                return self._start()
            if child.alive():
                return child
            self._drop(child)

    def _give_back(self, child: _Child) -> None:
        """To the idle ones; a worn-out child is replaced before the next chart asks for it."""
        if child.drawn < self._charts:
            self._idle.put(child)
            return
        self._drop(child)
        with self._lock:
            if not self._closed:
                self._threads.submit(self._replace)

    def _replace(self) -> None:
        try:
            self._add()
        except RenderFailed as failure:  # the next chart tries again and reports it to whoever asked
            log.warning("chart worker did not start: %s", failure)

    def _add(self) -> None:
        self._idle.put(self._start())

    def _start(self) -> _Child:
        with self._lock:
            if self._closed:
                raise RenderFailed("the renderer is closed")
            child = _Child(self._settings.name)
            self._children.add(child)
        try:
            child.hear(START_SECONDS)
        except RenderFailed:
            self._drop(child)
            raise
        return child

    def _drop(self, child: _Child) -> None:
        child.end()
        with self._lock:
            self._children.discard(child)


class _Refused(Exception):
    """The child answered that it cannot draw this chart."""


class _Child:
    """One worker process and its two pipes."""

    def __init__(self, settings: str) -> None:
        command = [sys.executable, "-P", "-m", "core.reports.worker"]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(settings)
        )
        self.drawn = 0

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The answer to one request. Raises _Refused, or RenderFailed when the child has to be dropped."""
        stdin = cast("BinaryIO", self._process.stdin)
        timer = self._deadline(seconds)
        try:
            stdin.write(LENGTH.pack(len(request)) + request)
            stdin.flush()
            self.drawn += 1
            return self._answer()
        except (OSError, ValueError) as error:  # ValueError: the pipe was closed by end()
            raise RenderFailed(f"the chart worker is gone: {error}") from error
        finally:
            timer.cancel()

    def hear(self, seconds: float) -> None:
        """Waits for the word that the child is ready."""
        timer = self._deadline(seconds)
        try:
            self._answer()
        finally:
            timer.cancel()

    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Kills the process and frees its pipes; harmless when it is dead already."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _deadline(self, seconds: float) -> threading.Timer:
        """Kills the child when time is up: the pipe then ends, and the waiting thread with it."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        return timer

    def _answer(self) -> bytes:
        stdout = cast("BinaryIO", self._process.stdout)
        mark = stdout.read(1)
        head = stdout.read(LENGTH.size)
        if mark not in (b"+", b"-") or len(head) < LENGTH.size:
            raise RenderFailed("the chart worker took too long or died")
        (length,) = LENGTH.unpack(head)
        body = stdout.read(length)
        if len(body) < length:
            raise RenderFailed("the chart worker died while answering")
        if mark == b"-":
            raise _Refused(body.decode(errors="replace"))
        return body


def _environment(settings: str) -> dict[str, str]:
    """What the child may know: where Python is, and where matplotlib may write; no secrets, one thread."""
    kept = {name: os.environ[name] for name in KEPT_FROM_ENVIRONMENT if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    return kept | {
        "PYTHONPATH": root,
        "MPLCONFIGDIR": settings,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }
