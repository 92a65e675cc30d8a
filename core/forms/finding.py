"""Finding forms and option sets while a text is checked: what it says itself comes before what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from core.definitions import Parsed
from core.forms.definition import Form
from core.forms.optionset import OptionSet
from core.forms.resolve import resolve
from core.store.work import UnitOfWork


class Finding:
    """Finds forms and option sets in a text before those in force. Called, it finds a form."""

    def __init__(self, uow: UnitOfWork, parsed: Sequence[Parsed]) -> None:
        self._shelf = uow.shelf
        self._forms = {one.key: cast("Form", one.model) for one in parsed if one.kind == "form"}
        self._options = {one.key: cast("OptionSet", one.model) for one in parsed if one.kind == "options"}

    def raw(self, key: str) -> Form | None:
        """A form as it is written."""
        return self._forms.get(key) or self._shelf.raw_form(key)

    def named(self, name: str) -> Form | None:
        """A form by its key or title."""
        own = next((key for key, one in self._forms.items() if one.title == name), None)
        return self(name) or self(own or self._shelf.key_of(name))

    def options(self, key: str) -> OptionSet | None:
        """An option set."""
        return self._options.get(key) or self._shelf.find_options(key)

    def __call__(self, key: str) -> Form | None:
        """A form with what it borrows."""
        form = self.raw(key)
        return resolve(form, self.raw, self.options) if form else None
