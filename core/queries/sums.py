"""Aggregate tables for operators: what they hold, whether that is right."""

from __future__ import annotations

from typing import Any

from core.errors import NotFound
from core.queries.rules import titles
from core.rules.aggregate import Aggregate, ReadyAggregate
from core.store.work import UnitOfWork


def overview(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every aggregate table with its sentence."""
    names = titles(uow)
    return [
        {
            "key": one.key,
            "title": one.definition.title,
            "version": one.version,
            "sentence": one.definition.sentence(names),
        }
        for one in uow.shelf.book.aggregates.values()
    ]


def rows(uow: UnitOfWork, key: str) -> dict[str, Any]:
    """The first rows, records by their titles."""
    definition = _ready(uow, key).definition
    found = uow.ledger.rows(definition)
    shown = _titles(uow, definition, [keys for keys, _ in found])
    return {
        "columns": [
            *(one.label for one in definition.keys),
            *(f"{one.label}{f'（{one.unit}）' if one.unit else ''}" for one in definition.measures),
        ],
        "rows": [
            [*(shown.get(one, one) for one in keys), *(f"{one:f}" for one in values)]
            for keys, values in found
        ],
    }


def _titles(uow: UnitOfWork, definition: Aggregate, keys: list[tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, one in enumerate(definition.keys):
        form = uow.shelf.find_form(one.to) if one.to else None
        if form is not None:
            found |= uow.records.titles(form, sorted({row[place] for row in keys}))
    return found


def verify(uow: UnitOfWork, key: str) -> dict[str, Any]:
    """A recount beside what is stored."""
    ready = _ready(uow, key)
    wrong = uow.ledger.verify(ready, uow.shelf.find_form)
    shown = _titles(uow, ready.definition, [one.keys for one in wrong])
    lines = [
        f"{'、'.join(shown.get(key, key) for key in one.keys)}：记着 {_said(one.stored)}，应是 {_said(one.counted)}"
        for one in wrong[:50]
    ]
    text = (
        f"「{ready.definition.title}」有 {len(wrong)} 行不对。"
        if wrong
        else f"「{ready.definition.title}」全部相符。"
    )
    return {"ok": not wrong, "text": text, "differences": lines}


def _said(values: tuple[Any, ...]) -> str:
    return " / ".join(f"{one:f}" for one in values)


def _ready(uow: UnitOfWork, key: str) -> ReadyAggregate:
    found = uow.shelf.book.aggregate(key)
    if found is None:
        raise NotFound(f"没有这张聚合表：{key}")
    return found
