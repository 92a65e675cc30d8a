"""`报销 打车 86.5 昨天 客户拜访` → the values of a draft, and what was understood of which word. Pure.

Each word is tried as: 字段:值 · an option · a date or a span of days · a phone, e-mail or the like · a number with or
without a unit · a person or department · a linked record. What is left goes into the first empty text field, and that
is said; what fits nowhere is said too. Fields come in their order, the columns of the first sub-table (one row) last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names, Reading, WrongValue
from core.forms.spokendates import day_of, days_between

_SPLIT = re.compile(r"[\s，；;]+|,(?!\d{3})")
_NAMED = re.compile(r"^(.{1,40}?)[:：=](.+)$")
_AMOUNT = re.compile(r"^([¥￥]?)(-?\d[\d,]*(?:\.\d+)?)(万|千)?(.{0,6})$")
_TIMES = {None: Decimal(1), "千": Decimal(1000), "万": Decimal(10_000)}
_MONEY = ("元", "块", "块钱", "圆")
EXACT = ("phone", "email", "url", "id_card", "uscc", "passport", "time", "datetime")


@dataclass(frozen=True)
class Quick:
    """What a sentence said.

    values  as a draft keeps them    told  (field, what was put there)    missed  sentences about what was not used
    """

    values: dict[str, Any]
    told: tuple[tuple[str, str], ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Place:
    table: FieldDef | None
    field: FieldDef

    @property
    def label(self) -> str:
        return f"{self.table.label}·{self.field.label}" if self.table else self.field.label


def quick_fill(form: Form, text: str, asking: Reading, today: date) -> Quick:
    """Read the words behind a form's name."""
    return _Filler(form, asking, today).fill([one for one in _SPLIT.split(text.strip()) if one])


class _Filler:
    """One sentence over one form."""

    def __init__(self, form: Form, asking: Reading, today: date) -> None:
        self.asking = asking
        self.today = today
        self.places = list(_places(form))
        self.values: dict[_Place, Any] = {}
        self.told: list[tuple[str, str]] = []
        self.missed: list[str] = []

    def fill(self, words: list[str]) -> Quick:
        rules = (
            self._named,
            self._option,
            self._dates,
            self._exact,
            self._amount,
            self._person,
            self._linked,
        )
        rest = [word for word in words if not any(rule(word) for rule in rules)]
        if rest:
            self._rest(" ".join(rest))
        return Quick(self._laid_out(), tuple(self.told), tuple(self.missed))

    def _laid_out(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, value in self.values.items():
            if place.table is None:
                found[place.field.key] = value
            else:
                found.setdefault(place.table.key, [{}])[0][place.field.key] = value
        return found

    def _free(self, *types: str) -> Iterator[_Place]:
        return (one for one in self.places if one.field.type in types and one not in self.values)

    def _put(self, place: _Place, raw: Any) -> bool:
        """Lay a value in if its field takes it. Raises WrongValue."""
        kind = KINDS[place.field.type]
        value = kind.read(place.field, raw, self.asking)
        if value is None:
            return False
        self.values[place] = kind.plain(value)
        titles = {} if place.field.type != "link" else {str(value): str(raw)}
        self.told.append((place.label, kind.show(place.field, value, Names(self.asking.people, titles))))
        return True

    def _tried(self, place: _Place, raw: Any, word: str) -> bool:
        """As `_put`; a word that was clearly meant for the field and does not fit is said, and used up."""
        try:
            return self._put(place, raw)
        except WrongValue as error:
            self.missed.append(f"「{word}」：{place.label}{error}")
            return True

    def _named(self, word: str) -> bool:
        found = _NAMED.match(word)
        names = (found[1],) if found else ()
        place = next((one for one in self.places if {one.field.label, one.field.key} & set(names)), None)
        if found is None or place is None:
            return False
        if place.field.type == "date" and (day := day_of(found[2], self.today)):
            return self._tried(place, day, word)
        return self._tried(place, found[2], word)

    def _option(self, word: str) -> bool:
        for place in self.places:
            if place.field.type == "switch" and word == place.field.label:
                return self._tried(place, True, word)
            if place.field.type not in ("select", "multi_select"):
                continue
            option = next(
                (o for o in place.field.options if not o.off and word in (o.value, o.text, *o.words)), None
            )
            if option is None or (place.field.type == "select" and place in self.values):
                continue
            if place.field.type == "multi_select":
                self.told = [one for one in self.told if one[0] != place.label]
                return self._tried(place, [*self.values.get(place, []), option.value], word)
            return self._tried(place, option.value, word)
        return False

    def _dates(self, word: str) -> bool:
        if span := days_between(word, self.today):
            return self._span(word, *span)
        day = day_of(word, self.today)
        place = next(self._free("date"), None) if day else None
        return place is not None and self._tried(place, day, word)

    def _span(self, word: str, first: date, last: date) -> bool:
        if place := next(self._free("date_range"), None):
            return self._tried(place, {"start": first.isoformat(), "end": last.isoformat()}, word)
        two = list(self._free("date"))[:2]
        if len(two) < 2:
            return False
        for place, day in zip(two, (first, last), strict=True):
            self._tried(place, day, word)
        return True

    def _amount(self, word: str) -> bool:
        found = _AMOUNT.match(word)
        if found is None:
            return False
        sign, digits, times, unit = found.groups()
        value = Decimal(digits.replace(",", "")) * _TIMES[times]
        money = bool(sign) or unit in _MONEY
        if unit and not money:
            place = next((one for one in self._free("number", "money") if one.field.unit == unit), None)
        else:
            place = next(self._free("money"), None) or (None if money else next(self._free("number"), None))
        return place is not None and self._tried(place, value, word)

    def _person(self, word: str) -> bool:
        people = self.asking.people
        if people.find(word):
            place = next(self._free("member"), None) or next(self._free("members"), None)
            raw = [word] if place is not None and place.field.type == "members" else word
            return place is not None and self._tried(place, raw, word)
        if any(one.name == word for one in people.departments.values()):
            place = next(self._free("department"), None)
            return place is not None and self._tried(place, word, word)
        return False

    def _exact(self, word: str) -> bool:
        for place in self._free(*EXACT):
            if place.field.type == "datetime" and not re.search(r"[:：点时]", word):
                continue  # a day alone would silently mean midnight
            try:
                if self._put(place, word):
                    return True
            except WrongValue:
                continue
        return False

    def _linked(self, word: str) -> bool:
        for place in self._free("link"):
            found = self.asking.find_records(place.field.to, word)
            if len(found) == 1:
                self.values[place] = found[0][0]
                self.told.append((place.label, found[0][1]))
                return True
            if found:
                self.missed.append(f"「{word}」：{place.label}有 {len(found)} 条，请在页面上选")
                return True
        return False

    def _rest(self, text: str) -> None:
        place = next(self._free("text"), None)
        if place is None:
            self.missed.append(f"「{text[:60]}」没有看懂，没有填")
            return
        self._tried(place, text, text[:30])


def _places(form: Form) -> Iterator[_Place]:
    """What can be filled by a sentence: top-level fields, then the columns of the first sub-table."""
    for one in form.fields:
        if _typed(one) and one.type != "subtable":
            yield _Place(None, one)
    for table in form.subtables[:1]:
        for child in table.fields:
            if _typed(child) and not table.readonly:
                yield _Place(table, child)


def _typed(one: FieldDef) -> bool:
    return not (one.layout or one.computed or one.readonly)
