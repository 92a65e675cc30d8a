"""`zhongshu export --jsonl`: the rows that auditors and tests read, also during a run or after a crash."""

from __future__ import annotations

from collections.abc import Iterator

from core import canon
from core.store.rows import rows_of
from core.store.work import UnitOfWork

TABLES = ("instance", "task", "transition", "card", "outbox", "reminder", "timer", "incident", "audit")


def export_jsonl(uow: UnitOfWork) -> Iterator[str]:
    """One line a row: {"table": …, …columns}."""
    for name in TABLES:
        for row in rows_of(uow.connection, name):
            yield canon.dumps({"table": name, **row})
