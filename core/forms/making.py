"""Many new records at once: one question for what must be alone, one block of serial numbers, one insert a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.canon import sha256
from core.errors import Problem
from core.events import Event, RecordCreated
from core.forms import gather
from core.forms.actions import SAVED, effective
from core.forms.check import Checked
from core.forms.definition import FieldDef
from core.forms.fields import Names
from core.forms.refs import bare
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import linked_ids, number_period, number_text, serial_parts, stored_values, title
from core.store.work import UnitOfWork

Made = tuple[str, Record, Event]


def create_many(
    uow: UnitOfWork, ready: ReadyForm, rows: Sequence[tuple[str, Checked]], actor: str
) -> tuple[list[Made], dict[str, Problem | None]]:
    """Insert the records of checked rows (place, values); those that are made, and the places that are not.

    Those have a value that is taken: by a record (the problem says which), or by a row before (None: to be tried
    alone, after the others). Only for forms without guards and without conditions on what is unique.
    Raises Conflict when a number is taken.
    """
    form = ready.form
    left = _taken(uow, ready, rows)
    rows = [row for row in rows if row[0] not in left]
    if not rows:
        return [], left
    values = [dict(checked.values) for _, checked in rows]
    names = _names(uow, ready, values)
    for one in form.fields:
        if one.type == "serial":
            patterns = [serial_parts(one.rule, form, some, names) for some in values]
            for some, text in zip(values, _numbers(uow, f"{form.key}.{one.key}", patterns), strict=True):
                some[one.key] = text
    since = uow.now if effective(uow, form, flow=False) else None
    numbers = _numbers(uow, form.key, [form.number] * len(rows))
    records = [
        Record(
            id=uow.ids(),
            form=form.key,
            form_version=ready.version,
            number=number,
            title=title(form, some, number, names),
            version=1,
            state=SAVED,
            created_at=uow.now,
            created_by=actor,
            updated_at=uow.now,
            updated_by=actor,
            values=some,
            effective_at=since,
        )
        for some, number in zip(values, numbers, strict=True)
    ]
    uow.records.add_many(form, records)
    made = [(place, record, _event(ready, record)) for (place, _), record in zip(rows, records, strict=True)]
    return made, left


def _event(ready: ReadyForm, record: Record) -> Event:
    told = stored_values(ready.form.fields, record.values)
    where = f"record:{record.form}:{record.id}"
    return RecordCreated(where, record.form, ready.version, record.id, record.number, told)


def _names(uow: UnitOfWork, ready: ReadyForm, values: Sequence[dict[str, Any]]) -> Names:
    wanted: dict[str, set[str]] = {}
    for some in values:
        for key, linked in linked_ids(ready.form, some).items():
            wanted.setdefault(key, set()).update(linked)
    titles: dict[str, str] = {}
    for key, ids in wanted.items():
        target = uow.shelf.find_form(key)
        if target is not None:
            titles |= uow.records.titles(target, sorted(ids))
    return Names(uow.people, titles, uow.house.zone)


def _numbers(uow: UnitOfWork, name: str, patterns: Sequence[str]) -> list[str]:
    """The next serial numbers, in order; one block for each period that the patterns name."""
    periods = [number_period(one, uow.now)[:200] for one in patterns]
    next_ = {
        period: uow.definitions.next_numbers(name, period, periods.count(period)) for period in set(periods)
    }
    found = []
    for pattern, period in zip(patterns, periods, strict=True):
        found.append(number_text(pattern, uow.now, next_[period]))
        next_[period] += 1
    return found


def _taken(
    uow: UnitOfWork, ready: ReadyForm, rows: Sequence[tuple[str, Checked]]
) -> dict[str, Problem | None]:
    """Places whose values must be alone and are not."""
    places: dict[str, Problem | None] = {}
    for fields, say in _unique_sets(ready):
        wanted: dict[tuple[Any, ...], list[str]] = {}
        for place, checked in rows:
            key = tuple(bare(checked.values.get(one.key)) for one in fields)
            if None not in key:
                wanted.setdefault(key, []).append(place)
        keys = [one.key for one in fields]
        gather.lock(uow.connection, [_lock(ready, keys, key) for key in wanted])
        held = gather.held(uow.connection, ready.form, keys, list(wanted))
        names = "、".join(one.label for one in fields)
        for key, some in wanted.items():
            if key in held:
                problem = Problem(keys[0], say or f"{names}：已有相同的数据（{held[key]}）")
                places |= dict.fromkeys(some, problem)
            else:
                places |= {place: None for place in some[1:] if place not in places}
    return places


def _unique_sets(ready: ReadyForm) -> list[tuple[list[FieldDef], str]]:
    form = ready.form
    found = [([one], "") for one in form.fields if one.unique]
    for rule in form.unique:
        found.append(([one for name in rule.fields if (one := form.by_label(name))], rule.say))
    return found


def _lock(ready: ReadyForm, labels: Sequence[str], values: Sequence[Any]) -> str:
    """The same words under which a single record queues up (core/forms/constraints.py)."""
    parts = [ready.form.key, *(f"{key}={value!r}" for key, value in zip(labels, values, strict=True))]
    return sha256("\0".join(["unique", *parts]))
