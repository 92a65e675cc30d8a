"""Threshold rules: figures that moved, lines that were crossed; hysteresis keeps one dip one firing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.expressions import Kind
from core.forms.definition import Form
from core.forms.storage import Record
from core.rules.aggregate import Keys, ReadyAggregate
from core.rules.book import Book, ReadyRule
from core.rules.doing import loader
from core.rules.engine import Case
from core.rules.facts import facts_of
from core.rules.when import Threshold
from core.store.ledger import keys_under
from core.store.work import UnitOfWork

Watched = tuple[ReadyRule, str]  # (rule, record id)


def moved_by(book: Book, touched: list[tuple[str, Keys]]) -> list[Watched]:
    """The rules and records whose figures moved."""
    found: list[Watched] = []
    for name in dict.fromkeys(one for one, _ in touched):
        for ready in book.thresholds.get(name, ()):
            place = book.aggregates[name].definition.key_of(ready.rule.when.form)
            if place is not None:
                found += [(ready, one) for one in keys_under(touched, name, place)]
    return found


def changed_by(book: Book, form: str, record_id: str) -> list[Watched]:
    """The rules whose line may stand elsewhere because the watched record itself was changed."""
    return [(ready, record_id) for ready in book.by.get(("threshold", form), ())]


class Seen:
    """Records, sums and states that several rules ask for, read once; forgotten when a rule changed something."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._kept: dict[tuple[str, str], Any] = {}

    def forget(self) -> None:
        """Something was changed."""
        self._kept.clear()

    def record(self, form: Form, id_: str) -> Record | None:
        """The watched record."""
        return self._once(("record", id_), lambda: self._uow.records.load(form, id_))  # type: ignore[no-any-return]

    def sums(self, aggregate: ReadyAggregate, place: int, id_: str) -> dict[str, Decimal]:
        """Its measures."""
        key = (f"sums {aggregate.key}", id_)
        return self._once(key, lambda: self._uow.ledger.measures(aggregate.definition, place, id_))  # type: ignore[no-any-return]

    def states(self, id_: str) -> dict[str, tuple[bool, int]]:
        """On which side it is, by rule."""
        return self._once(("states", id_), lambda: self._uow.runs.states(id_))  # type: ignore[no-any-return]

    def _once(self, key: tuple[str, str], read: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = read()
        return self._kept[key]


def crossed(
    uow: UnitOfWork, book: Book, ready: ReadyRule, record_id: str, actor: str, seen: Seen
) -> Case | None:
    """What the rule saw if the figure is beyond its line and the rule may fire; coming back is remembered."""
    form = uow.shelf.find_form(ready.rule.when.form)
    aggregate = _aggregate(book, ready)
    place = aggregate.definition.key_of(ready.rule.when.form) if aggregate else None
    if aggregate is None or place is None:
        return None
    record = seen.record(form, record_id) if form else None
    if form is None or record is None:
        return None
    facts = threshold_facts(uow, ready, form, record, seen.sums(aggregate, place, record_id))
    fired, number = seen.states(record_id).get(ready.key, (False, 0))
    beyond, back = sides(uow, ready, facts)
    if beyond and not fired:
        return Case(form, record, {**facts, "_actor": actor}, f"crossing:{number + 1}", actor)
    if fired and back:
        uow.runs.set_state(ready.key, record_id, False, number, uow.now)
        seen.forget()
    return None


def remember(uow: UnitOfWork, ready: ReadyRule, case: Case) -> None:
    """The line is crossed: not again before the figure was back. Said before the actions, which may bring it back."""
    uow.runs.set_state(ready.key, case.record_id, True, int(case.event.partition(":")[2]), uow.now)


def _aggregate(book: Book, ready: ReadyRule) -> ReadyAggregate | None:
    when = ready.rule.when
    return book.aggregates.get(when.threshold) if isinstance(when, Threshold) else None


def threshold_facts(
    uow: UnitOfWork, ready: ReadyRule, form: Form, record: Record, sums: dict[str, Decimal]
) -> dict[str, Any]:
    """The record, the measures, the figure and the line."""
    when = ready.rule.when
    facts = facts_of(form, record, loader(uow)) | {f"_sum_{key}": value for key, value in sums.items()}
    if isinstance(when, Threshold):
        facts["_value"] = _number(uow, ready, when.value, facts)
        facts["_line"] = _number(uow, ready, when.line, facts)
    return facts


def sides(uow: UnitOfWork, ready: ReadyRule, facts: dict[str, Any]) -> tuple[bool, bool]:
    """(beyond the line, back where it may fire again). A figure or line that is empty is neither."""
    when, value, line = ready.rule.when, facts.get("_value"), facts.get("_line")
    if not isinstance(when, Threshold) or value is None or line is None:
        return False, False
    back = _number(uow, ready, when.back, facts) if when.back else line
    if when.below:
        return value < line, back is not None and value >= back
    return value > line, back is not None and value <= back


def _number(uow: UnitOfWork, ready: ReadyRule, text: str, facts: dict[str, Any]) -> Decimal | None:
    found = ready.expression(text, None, Kind.NUMBER).evaluate(facts, uow.scope())
    return Decimal(str(found)) if found is not None else None
