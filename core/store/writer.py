"""Who runs write transactions: one thread with gathered commits (SQLite) or a pool of threads (PostgreSQL).

A job is a function of a connection. Its future is answered only after the commit that holds its effect
(guarantee A1). Jobs must not talk to the network.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Job = Callable[[Connection], T]

GATHER = 64
QUEUE_BOUND = 4096
# A form that changes gives way to long reads again and again, about half a minute.
LOCK_TIMEOUT = "55P03"
LOCK_TRIES = 45
RETRYABLE_STATES = {"40001", "40P01", "57P01", "57P02", "57P03", "08000", "08003", "08006"}


class Busy(Exception):
    """More work is waiting than we accept; the caller may try again."""


class Writer(Protocol):
    """Runs jobs, each all or nothing."""

    def submit(self, job: Job[T]) -> Future[T]:
        """Queue a job; raises Busy when the queue is full."""

    def close(self) -> None:
        """Finish what waits, then stop."""


@dataclass(slots=True)
class _Waiting:
    job: Job[Any]
    future: Future[Any]


class GatheringWriter:
    """One thread, one connection: takes the jobs that wait (at most 64), a SAVEPOINT for each, one commit for all.

    With synchronous=FULL a commit costs a disk sync; gathering shares it, so durability stays and
    throughput grows with the number of callers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(QUEUE_BOUND)
        self._thread = threading.Thread(target=self._run, name="zhongshu-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> Future[T]:
        waiting = _Waiting(job, Future())
        try:
            self._queue.put_nowait(waiting)
        except queue.Full as error:
            raise Busy("系统忙，请 10 秒后再试。") from error
        return waiting.future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        connection = self._engine.connect()
        while True:
            gathered, last = self._gather()
            # Whose caller is gone already is left out; from here on nobody can cancel, so every answer has a taker.
            batch = [one for one in gathered if one.future.set_running_or_notify_cancel()]
            try:
                self._commit(connection, batch)
            except Exception as error:  # noqa: BLE001  the disk said no: nobody in the batch may believe in it
                connection.invalidate()
                connection.close()
                connection = self._engine.connect()
                for waiting in batch:
                    waiting.future.set_exception(error)
            if last:
                connection.close()
                return

    def _gather(self) -> tuple[list[_Waiting], bool]:
        first = self._queue.get()
        batch: list[_Waiting] = []
        while first is not None:
            batch.append(first)
            if len(batch) >= GATHER:
                return batch, False
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, connection: Connection, batch: list[_Waiting]) -> None:
        outcomes: list[tuple[Any, BaseException | None]] = []
        with connection.begin():
            for waiting in batch:
                outcomes.append(_attempt(connection, waiting.job))
        for waiting, (result, error) in zip(batch, outcomes, strict=True):
            if error is None:
                waiting.future.set_result(result)
            else:
                waiting.future.set_exception(error)


def _attempt(connection: Connection, job: Job[Any]) -> tuple[Any, BaseException | None]:
    savepoint = connection.begin_nested()
    try:
        result = job(connection)
    except Exception as error:  # noqa: BLE001  this job alone fails; its neighbours in the batch go on
        savepoint.rollback()
        return None, error
    savepoint.commit()
    return result, None


class PooledWriter:
    """Threads with a connection each; conflicts and lost connections are tried again.

    A connection lost during commit leaves the effect unknown; jobs are written so that a second run
    finds the first one by its key (core/store/inbox.py).
    """

    def __init__(self, engine: Engine, threads: int = 8, tries: int = 6) -> None:
        self._engine = engine
        self._tries = tries
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="zhongshu-writer")

    def submit(self, job: Job[T]) -> Future[T]:
        return self._pool.submit(self._run, job)

    def close(self) -> None:
        self._pool.shutdown(wait=True)

    def _run(self, job: Job[T]) -> T:
        attempt = locked = 0
        while True:
            try:
                with self._engine.begin() as connection:
                    return job(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == LOCK_TIMEOUT:
                    locked += 1
                    if locked >= LOCK_TRIES:
                        raise Busy(
                            "有人正在读大量数据（导出、报表），表单暂时改不了，请过一会儿再发布。"
                        ) from error
                    time.sleep(random.uniform(0.3, 0.7))  # noqa: S311  jitter, no secret
                    continue
                attempt += 1
                if attempt == self._tries or not _retryable(error):
                    raise
                time.sleep(random.uniform(0.5, 1.5) * 0.02 * 2**attempt)  # noqa: S311  jitter, no secret


def _retryable(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in RETRYABLE_STATES
