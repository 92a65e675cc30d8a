"""Linked ids that answer names behind a dot: 客户.等级 looks into the linked record's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.forms.definition import FieldDef


class Ref(str):
    """An id that is also the linked record's values. Equal to its id; `get` asks the record."""

    __slots__ = ("_values",)
    _values: Mapping[str, Any]

    def __new__(cls, id_: str, values: Mapping[str, Any]) -> Ref:
        """An id with what stands behind it."""
        found = super().__new__(cls, id_)
        found._values = values
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the linked record."""
        return self._values.get(key, default)


Mapping.register(Ref)  # what a dot looks into, core/expressions asks isinstance


def bare(value: Any) -> Any:
    """The plain id again."""
    return str(value) if type(value) is Ref else value


Behind = Callable[[str, list[str]], Mapping[str, Mapping[str, Any]]]


def put_refs(
    fields: tuple[FieldDef, ...], values: dict[str, Any], keys: frozenset[str], behind: Behind
) -> None:
    """Make Refs of the ids in link fields `keys`, also in rows. `behind`: (form, ids) → values by id."""
    wanted: dict[str, set[str]] = {}
    for one, row in _places(fields, values, keys):
        given = row[one.key]
        wanted.setdefault(one.to, set()).update([given] if isinstance(given, str) else given)
    found = {form: behind(form, sorted(map(str, ids))) for form, ids in wanted.items()}
    for one, row in _places(fields, values, keys):
        known, given = found[one.to], row[one.key]
        row[one.key] = (
            Ref(given, known.get(given, {}))
            if isinstance(given, str)
            else [Ref(id_, known.get(id_, {})) for id_ in given]
        )


def drop_refs(fields: tuple[FieldDef, ...], values: dict[str, Any], keys: frozenset[str]) -> None:
    """Make plain ids again, for storage."""
    for one, row in _places(fields, values, keys):
        given = row[one.key]
        row[one.key] = bare(given) if isinstance(given, str) else [bare(id_) for id_ in given]


def _places(
    fields: tuple[FieldDef, ...], values: dict[str, Any], keys: frozenset[str]
) -> Iterator[tuple[FieldDef, dict[str, Any]]]:
    for one in fields:
        if one.key in keys and one.type in ("link", "links") and values.get(one.key):
            yield one, values
        for row in values.get(one.key) or [] if one.type == "subtable" else []:
            yield from _places(one.fields, row, keys)
