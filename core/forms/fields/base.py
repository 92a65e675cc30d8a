"""The shape of a field kind. One file a family; the registry is the dict in `__init__`.

`read` and `show` never see another field: what a value is depends on its own definition alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.expressions import Kind
from core.people import Directory

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


class WrongValue(ValueError):
    """The value does not fit the field; the text is a sentence for the person who typed it."""


class FileFacts(Protocol):
    """What reading an attachment may ask: the stored files by id."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a value may ask.

    find_records  (form, text) -> [(id, title)] of the records that the text may mean: their id, number or title
    """

    people: Directory
    files: Mapping[str, FileFacts] = field(default_factory=dict)
    find_records: Callable[[str, str], list[tuple[str, str]]] = lambda _form, _text: []


@dataclass(frozen=True, slots=True)
class Names:
    """What showing a value may ask: people, and the titles of linked records by id."""

    people: Directory
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldKind:
    """A field kind.

    name        the word in YAML        title  its Chinese name
    kind        the expression kind     properties, needs  what its definition may and must say
    read        (field, raw, reading) -> value or None; raises WrongValue. raw is text or JSON as it came
    show        (field, value, names) -> what people read
    plain       (value) -> JSON as pages, API and audit hold it
    """

    name: str
    title: str
    kind: Kind
    properties: tuple[str, ...]
    read: Callable[[FieldDef, Any, Reading], Any]
    show: Callable[[FieldDef, Any, Names], str]
    plain: Callable[[Any], Any]
    needs: tuple[str, ...] = ()


def same(value: Any) -> Any:
    """A value that is its own JSON."""
    return value
