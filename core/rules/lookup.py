"""查表("报价审批级别", "级别"): a decision table asked inside an expression, over the record in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.expressions import ExpressionError, Scope
from core.rules.book import Book


def looked_up(book: Book, row: Mapping[str, Any], name: str, output: str | None, scope: Scope) -> Any:
    """One output (the first unless named). Raises ExpressionError."""
    ready = book.table(str(name))
    outputs = ready.definition.outputs
    wanted = next((one for one in outputs if output in (None, one.key, one.label)), None)
    if wanted is None:
        raise ExpressionError(f"决策表「{ready.definition.title}」没有「{output}」这个输出")
    return ready.decide(row, scope).values[wanted.key]
