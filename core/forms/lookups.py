"""查询(…) in expressions: finds the record of another form that a question means, and circles of such questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from core.expressions import ExpressionError, Scope
from core.expressions.closures import closure
from core.expressions.coerce import single
from core.expressions.env import Env
from core.expressions.lookup import ROW, Asked
from core.expressions.sql import pushed
from core.forms.definition import Form
from core.forms.gather import counts
from core.forms.recordreading import Reads
from core.forms.refs import put_refs
from core.forms.related import Related
from core.forms.schema import ReadyForm
from core.forms.tables import sql_table, tables_of

PAGE = 200
MOST = 1_000  # records that are looked at one by one where SQL cannot say the condition in full
Answer = Mapping[str, Any] | None


class Lookups:
    """Answers the questions of one evaluation; the same question is asked of the database once."""

    def __init__(self, uow: Reads, scope: Scope, but: str) -> None:
        self._uow = uow
        self._scope = scope
        self._but = but
        self._known: dict[str, Answer] = {}

    def __call__(self, asked: Asked) -> Answer:
        """The newest record that fits, as names see it, or None. Void and deleted ones do not count."""
        name = repr(asked)
        if name not in self._known:
            self._known[name] = self._find(asked)
        return self._known[name]

    @cached_property
    def _related(self) -> Related:
        return Related(self._uow, self._scope.me)

    def _find(self, asked: Asked) -> Answer:
        uow = self._uow
        form = uow.shelf.find_form(asked.form)
        if form is None:
            return None
        table = sql_table(form, uow.connection.dialect.name, uow.shelf.find_form)
        said = pushed(single(asked.where), table, self._scope)
        main = tables_of(form).main
        where = [said.where, main.c.id != self._but, *counts(main)]
        seen, after, limit = 0, "", 1 if said.exact else PAGE
        while seen < MOST:
            records = uow.records.page(form, where=where, after=after, limit=limit)
            if asked.over is not None:
                uow.records.with_rows(form, records)
            for record in records:
                facts = {**record.facts(), "id": record.id}
                put_refs(form.fields, facts, asked.reaches, self._related.values)
                found = self._fitting(asked, facts)
                if found is not None:
                    return found
            if len(records) < limit:
                return None
            seen, after = seen + len(records), records[-1].id
        raise ExpressionError(f"「查询」的条件数据库算不了，逐条看了 {MOST} 条也没有找到，请改简单些")

    def _fitting(self, asked: Asked, facts: dict[str, Any]) -> Answer:
        run = closure(asked.where)
        if asked.where.over is None:
            return facts if run(Env(facts, self._scope)) else None
        for row in facts.get(asked.where.over[0]) or []:
            env = Env(facts, self._scope)
            env.each = row
            if run(env):
                return {**facts, ROW: row}
        return None


Compiled = Callable[[str], ReadyForm | None]
Place = tuple[str, str]


def circle(start: ReadyForm, compiled: Compiled) -> str:
    """How the formulas of a form come back to themselves through questions to other forms; "" when they do not."""
    forms: dict[str, ReadyForm | None] = {start.form.key: start}

    def ready_of(key: str) -> ReadyForm | None:
        if key not in forms:
            forms[key] = compiled(key)
        return forms[key]

    for path, expression in start.formulas:
        found = _back(ready_of, (start.form.key, path)) if expression.asked else None
        if found:
            return " → ".join(_called(ready_of(key), inner) for key, inner in found)
    return ""


def _back(ready_of: Compiled, start: Place) -> list[Place] | None:
    """The way from a formula back to it."""
    waiting, seen = [[start]], {start}
    while waiting:
        way = waiting.pop(0)
        for place in _reads(ready_of(way[-1][0]), way[-1]):
            if place == start:
                return [*way, place]
            if place not in seen:
                seen.add(place)
                waiting.append([*way, place])
    return None


def _reads(ready: ReadyForm | None, place: Place) -> Iterator[Place]:
    key, path = place
    expression = dict(ready.formulas).get(path) if ready else None
    if expression is None:
        return
    table = path.partition(".")[0] if "." in path else ""
    for name in expression.names:
        yield key, name
        if table:
            yield key, f"{table}.{name}"
    yield from expression.asked


def _called(ready: ReadyForm | None, path: str) -> str:
    form: Form | None = ready.form if ready else None
    field = dict(form.walk()).get(path) if form else None
    return f"{form.title}.{field.label}" if form and field else path
