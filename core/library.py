"""Definitions compiled once for each version, shared by all threads of the process.

`Shelf` is the view of one transaction: which versions are in force right now. A running instance asks for its
own version; everything else for the head.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from core.definitions import KIND_NAMES, Model, parse
from core.errors import Invalid, NotFound
from core.expressions import Expression, Kind, compile
from core.flows.definition import Authority, Flow
from core.forms.definition import Form
from core.forms.optionset import OptionSet
from core.forms.resolve import borrows, needed, resolve
from core.forms.schema import ReadyForm, ready
from core.reports.definition import Report
from core.rules.aggregate import Aggregate
from core.rules.book import Book, make_book
from core.rules.definition import Rule
from core.rules.table import DecisionTable
from core.store.definitions import Definitions

M = TypeVar("M")
Versions = tuple[tuple[str, str, int], ...]

BOOKS_KEPT = 16


@dataclass(frozen=True)
class Versioned:
    """A model with its version."""

    model: Model
    version: int


class Library:
    """The process-wide cache. Versions never change, so nothing in it ever goes stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[tuple[str, str, int], Versioned] = {}
        self._ready: dict[tuple[str, int, Versions], ReadyForm] = {}
        self._resolved: dict[tuple[str, int, Versions], Form] = {}
        self._books: dict[tuple[tuple[tuple[str, str], int], ...], Book] = {}

    def model(self, rows: Definitions, kind: str, key: str, version: int) -> Versioned:
        """One version of one definition. Raises NotFound."""
        wanted = (kind, key, version)
        found = self._models.get(wanted)
        if found is None:
            row = rows.load(kind, key, version)
            if row is None:
                raise NotFound(f"没有这个{KIND_NAMES[kind]}：{key}")
            parsed, mistakes = parse(row.source)
            if mistakes:
                raise Invalid(tuple(one.problem() for one in mistakes))
            found = Versioned(parsed[0].model, version)
            with self._lock:
                self._models[wanted] = found
        return found

    def ready_form(self, form: Form, version: int, shelf: Shelf) -> ReadyForm:
        """A compiled form; compiled again when a form that it links to has a new version."""
        wanted = (form.key, version, shelf.versions_for(form))
        found = self._ready.get(wanted)
        if found is None:
            found = ready(form, version, shelf.find_form, shelf.find_options, shelf.named_form)
            with self._lock:
                self._ready[wanted] = found
        return found

    def book(self, shelf: Shelf, heads: tuple[tuple[tuple[str, str], int], ...]) -> Book:
        """The rules in force, compiled; kept for the newest few states of the shelf."""
        found = self._books.get(heads)
        if found is None:
            found = make_book(
                [(cast("Rule", one.model), one.version, "") for one in shelf.versions("rule")],
                [(cast("Aggregate", one.model), one.version) for one in shelf.versions("aggregate")],
                [cast("DecisionTable", one.model) for one in shelf.versions("table")],
                shelf.find_form,
            )
            with self._lock:
                if len(self._books) > BOOKS_KEPT:
                    self._books.clear()
                self._books[heads] = found
        return found

    def resolved(self, form: Form, version: int, shelf: Shelf) -> Form:
        """A form with shared options and taken fields in place; again when one of them has a new version."""
        if not borrows(form):
            return form
        wanted = (form.key, version, shelf.versions_for(form))
        found = self._resolved.get(wanted)
        if found is None:
            found = resolve(form, shelf.raw_form, shelf.find_options)
            with self._lock:
                self._resolved[wanted] = found
        return found


class Shelf:
    """The definitions as one transaction sees them."""

    def __init__(self, library: Library, rows: Definitions) -> None:
        self._library = library
        self._rows = rows
        self._heads: dict[tuple[str, str], int] | None = None
        self._book: Book | None = None

    def version(self, kind: str, key: str) -> int:
        """The version in force; 0 when there is none."""
        if self._heads is None:
            self._heads = self._rows.version_map()
        return self._heads.get((kind, key), 0)

    def keys(self, kind: str) -> list[str]:
        """The keys of all definitions of a kind in force."""
        self.version(kind, "")
        return sorted(key for (one, key) in self._heads or {} if one == kind)

    def changed(self) -> None:
        """Something was published in this transaction."""
        self._heads = None
        self._book = None

    def get(self, kind: str, key: str, version: int = 0) -> Versioned:
        """A definition: the version in force, or a given one. Raises NotFound."""
        wanted = version or self.version(kind, key)
        if not wanted:
            raise NotFound(f"没有这个{KIND_NAMES[kind]}：{key}")
        return self._library.model(self._rows, kind, key, wanted)

    def form(self, key: str, version: int = 0) -> ReadyForm:
        """A compiled form. Raises NotFound."""
        found = self.get("form", key, version)
        return self._library.ready_form(cast("Form", found.model), found.version, self)

    def find_form(self, key: str) -> Form | None:
        """A form in force with what it borrows filled in, or None."""
        form = self.raw_form(key)
        return self._library.resolved(form, self.version("form", key), self) if form else None

    def named_form(self, name: str) -> Form | None:
        """A form in force by its key or title, or None."""
        return self.find_form(self.key_of(name))

    def key_of(self, name: str) -> str:
        """The key of the form in force that is called so; the name itself when there is none."""
        if self.version("form", name):
            return name
        return next((key for key in self.keys("form") if self.get("form", key).model.title == name), name)

    def raw_form(self, key: str) -> Form | None:
        """A form in force as it is written, or None."""
        return cast("Form", self.get("form", key).model) if self.version("form", key) else None

    def find_options(self, key: str) -> OptionSet | None:
        """A shared option set in force, or None."""
        return cast("OptionSet", self.get("options", key).model) if self.version("options", key) else None

    def versions_for(self, form: Form) -> Versions:
        """The versions of everything that a form reaches: when they are equal, it compiles to the same."""
        forms, options = needed(form)
        forms |= {self.key_of(name) for name in form.queried}
        found = [("form", key, self.version("form", key)) for key in sorted(forms)]
        return (*found, *(("options", key, self.version("options", key)) for key in sorted(options)))

    def flow(self, key: str, version: int = 0) -> tuple[Flow, int]:
        """A flow and its version. Raises NotFound."""
        found = self.get("flow", key, version)
        return cast("Flow", found.model), found.version

    def flow_of(self, form: str) -> tuple[Flow, int] | None:
        """The flow that a new record of this form goes through, if any."""
        for key in self.keys("flow"):
            flow, version = self.flow(key)
            if flow.form == form:
                return flow, version
        return None

    def rule(self, key: str) -> tuple[Rule, int]:
        """A rule and its version. Raises NotFound."""
        found = self.get("rule", key)
        return cast("Rule", found.model), found.version

    def authority(self, key: str) -> Authority:
        """A 授权表. Raises NotFound."""
        return cast("Authority", self.get("authority", key).model)

    def report(self, key: str) -> Report:
        """A report. Raises NotFound."""
        return cast("Report", self.get("report", key).model)

    def all(self, kind: str) -> list[Model]:
        """All definitions of a kind in force."""
        return [self.get(kind, key).model for key in self.keys(kind)]

    def versions(self, kind: str) -> list[Versioned]:
        """All definitions of a kind in force, with their versions."""
        return [self.get(kind, key) for key in self.keys(kind)]

    @property
    def book(self) -> Book:
        """The rules, aggregate tables and decision tables in force."""
        if self._book is None:
            self.version("rule", "")
            self._book = self._library.book(self, tuple(sorted((self._heads or {}).items())))
        return self._book

    def condition(self, text: str, form: ReadyForm) -> Expression:
        """A compiled condition over a form."""
        return compile(text, form.schema, Kind.BOOL)


Find = Callable[[str], Form | None]
