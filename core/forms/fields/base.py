"""The shape of a field kind. One file a family; the registry is the dict in `__init__`.

`read` and `show` never see another field: what a value is depends on its own definition alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
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


def _nothing(_form: str, _ids: list[str]) -> dict[str, dict[str, Any]]:
    return {}


def _anything(_query: Any, _part: Any, _values: Mapping[str, Any]) -> list[str] | None:
    return None


def _underived(_values: Mapping[str, Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a value may ask.

    find_records  (form, text) -> [(id, title)] of the records that the text may mean: their id, number or title
    related       (form, ids) -> the values of those records, for names behind a dot
    derive        values -> what is worked out from other forms: rollups and live lookups
    offered       (query, options_from, values) -> what may be chosen from another form now; None: anything
    zone          the business zone: moments typed without one are meant there
    """

    people: Directory
    files: Mapping[str, FileFacts] = field(default_factory=dict)
    find_records: Callable[[str, str], list[tuple[str, str]]] = lambda _form, _text: []
    related: Callable[[str, list[str]], dict[str, dict[str, Any]]] = _nothing
    derive: Callable[[Mapping[str, Any]], dict[str, Any]] = _underived
    zone: tzinfo = UTC
    offered: Callable[[Any, Any, Mapping[str, Any]], list[str] | None] = _anything


@dataclass(frozen=True, slots=True)
class Names:
    """What showing a value may ask: people, the titles of linked records by id, the zone of moments."""

    people: Directory
    titles: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class FieldKind:
    """A field kind.

    name        the word in YAML        title  its Chinese name
    kind        the expression kind     properties, needs  what its definition may and must say
    read        (field, raw, reading) -> value or None; raises WrongValue. raw is text or JSON as it came
    show        (field, value, names) -> what people read
    plain       (value) -> JSON as pages, API and audit hold it
    stored      it has a column or a table of its own; layout and live values have none
    computed    the server fills it; what is sent for it is left aside
    layout      it has no value at all
    own_line    nothing stands beside it: a sub-table, a heading
    elements    for LIST: kind of the elements
    parts       for values of several parts: (key, label, kind) of each, names behind a dot
    card        how a chat card asks for it: the name of an input kind of bot/cards.py, "" = on the page
    checks      what it checks, for docs/field-types.md
    group, icon, help  where the designer's palette shows it, with which one or two letters and which sentence
    starts      what a new field of the kind says beside key, label and type
    """

    name: str
    title: str
    kind: Kind
    properties: tuple[str, ...]
    read: Callable[[FieldDef, Any, Reading], Any]
    show: Callable[[FieldDef, Any, Names], str]
    plain: Callable[[Any], Any]
    needs: tuple[str, ...] = ()
    stored: bool = True
    computed: bool = False
    layout: bool = False
    own_line: bool = False
    elements: Kind | None = None
    parts: tuple[tuple[str, str, Kind], ...] = ()
    card: str = ""
    checks: str = ""
    group: str = "其他"
    icon: str = "…"
    help: str = ""
    starts: Mapping[str, Any] = field(default_factory=dict)


def same(value: Any) -> Any:
    """A value that is its own JSON."""
    return value


def unread(_field: FieldDef, _raw: Any, _reading: Reading) -> Any:
    """The reading of what nobody types."""
    return None


def as_text(_field: FieldDef, value: Any, _names: Names) -> str:
    """A text shown as it is."""
    return str(value)


def text_of(raw: Any, what: str) -> str:
    """Raw input as one text without blanks around it. Raises WrongValue."""
    if not isinstance(raw, (str, int)) or isinstance(raw, bool):
        raise WrongValue(f"应当是{what}")
    return str(raw).strip()


def items_of(field: FieldDef, raw: Any, what: str) -> list[Any]:
    """Raw input as a list within the field's limits: a list, or one text with 、 or commas. Raises WrongValue."""
    if isinstance(raw, str):
        raw = [
            one.strip() for one in raw.replace("，", "、").replace(",", "、").replace(";", "、").split("、")
        ]
        raw = [one for one in raw if one]
    if not isinstance(raw, list):
        raise WrongValue(f"应当是{what}的列表")
    if len(raw) > field.max_items:
        raise WrongValue(f"最多选 {field.max_items} 个")
    if raw and len(raw) < field.min_items:
        raise WrongValue(f"至少选 {field.min_items} 个")
    return raw
