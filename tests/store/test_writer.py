"""The writer thread outlives callers that gave up."""

from __future__ import annotations

import threading

from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.store.engine import sqlite_engine
from core.store.writer import GatheringWriter


def test_a_caller_that_gave_up_does_not_end_the_writer(tmp_path):
    """有人不等了（连接断开、超时）：他排队的事不做，正在做的照做，写线程继续为别人工作。"""
    writer = GatheringWriter(sqlite_engine(make_url(f"sqlite:///{tmp_path / 'w.db'}"), writer=True))
    begun, go_on = threading.Event(), threading.Event()
    writer.submit(lambda connection: connection.execute(text("CREATE TABLE t (n INTEGER)"))).result(5)

    def slow(connection):
        begun.set()
        assert go_on.wait(5)
        connection.execute(text("INSERT INTO t VALUES (1)"))

    running = writer.submit(slow)
    assert begun.wait(5)
    queued = writer.submit(lambda connection: connection.execute(text("INSERT INTO t VALUES (2)")))
    assert queued.cancel()
    assert not running.cancel()
    go_on.set()
    running.result(5)

    rows = writer.submit(lambda connection: connection.execute(text("SELECT n FROM t")).scalars().all())
    assert rows.result(5) == [1]
    writer.close()
