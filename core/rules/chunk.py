"""What the records of a chunk share: names and scope read once, and whatever equal values gave before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from core.forms.definition import Form
from core.forms.fields import Names
from core.forms.storage import Record
from core.forms.text import linked_ids, plain
from core.rules.book import ReadyRule
from core.rules.engine import Judged, judge
from core.rules.hits import Found
from core.store.reminders import Reminder
from core.store.runs import Run
from core.store.work import UnitOfWork

T = TypeVar("T")
Facts = Mapping[str, Any]
AS_IT_IS = frozenset({str, bool})


class Remembered(Generic[T]):
    """A pure question over facts: where a few columns alone decide, equal values are asked once.

    columns  None: nobody knows what decides, each is asked
    """

    def __init__(self, columns: tuple[str, ...] | None, ask: Callable[[Facts], T]) -> None:
        self._columns = columns
        self._ask = ask
        self._known: dict[tuple[Any, ...], T] = {}

    def __call__(self, facts: Facts) -> T:
        """The answer. Raises what the question raises."""
        if self._columns is None:
            return self._ask(facts)
        values = tuple([facts.get(one) for one in self._columns])
        try:
            if values in self._known:
                return self._known[values]
        except TypeError:  # a list, a linked record: nothing to remember it by
            return self._ask(facts)
        found = self._known[values] = self._ask(facts)
        return found


@dataclass
class Gathered:
    """What is written when the chunk is through."""

    runs: list[Run] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    misfits: list[Found] = field(default_factory=list)


class Chunk:
    """One chunk on its way. `out` grows with each record."""

    def __init__(self, uow: UnitOfWork, ready: ReadyRule, found: Sequence[Found]) -> None:
        self.out = Gathered()
        self.scope = uow.scope("system")
        self.names = _names(uow, found)
        self._ready = ready
        self._values: dict[str, Remembered[Any]] = {}
        self._makers: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {}
        columns = ready.condition.decided_by if ready.condition is not None else ()
        extras = tuple(key for key, _ in ready.extras)
        self.judge: Remembered[Judged] = Remembered(
            None if columns is None else (*columns, *extras), lambda facts: judge(ready, facts, self.scope)
        )

    def value(self, text: str, facts: Facts) -> Any:
        """What an expression of the rule gives. Raises ExpressionError."""
        found = self._values.get(text)
        if found is None:
            expression = self._ready.expression(text)
            found = self._values[text] = Remembered(
                expression.decided_by, lambda some: expression.evaluate(some, self.scope)
            )
        return found(facts)

    def plain(self, form: Form, record: Record) -> dict[str, Any]:
        """`plain_values`, with what makes JSON of each field looked up once."""
        makers = self._makers.get(form.key)
        if makers is None:
            makers = [(one.key, partial(plain, one)) for one in form.fields if not one.layout]
            self._makers[form.key] = makers
        values = record.values
        return {
            key: value if type(value := values.get(key)) in AS_IT_IS else make(value) for key, make in makers
        }


def _names(uow: UnitOfWork, found: Sequence[Found]) -> Names:
    """The people and titles that showing any of the records needs: one question a linked form."""
    wanted: dict[str, set[str]] = {}
    for case, _ in found:
        if case.form is not None and case.record is not None:
            for key, ids in linked_ids(case.form, case.record.values).items():
                wanted.setdefault(key, set()).update(ids)
    titles: dict[str, str] = {}
    for key, some in wanted.items():
        target = uow.shelf.find_form(key)
        if target is not None:
            titles |= uow.records.titles(target, sorted(some))
    return Names(uow.people, titles, uow.house.zone)
