"""update: change 本单, a linked record, or the records of a form that match."""

from __future__ import annotations

from core.rules.act.targets import targets
from core.rules.doing import Doing
from core.rules.thens import Update


def do(doing: Doing, spec: Update) -> None:
    """Raises Invalid, NotAllowed, UserError."""
    for key, record in targets(doing, spec):
        form = doing.uow.shelf.form(key).form
        doing.alter(key, record, doing.written(spec, form.fields))
