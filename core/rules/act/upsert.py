"""upsert: change the record that matches, make it when there is none."""

from __future__ import annotations

from core.errors import UserError
from core.rules.act.targets import find
from core.rules.doing import Doing
from core.rules.thens import Upsert


def do(doing: Doing, spec: Upsert) -> None:
    """Raises UserError when two match."""
    form = doing.uow.shelf.form(spec.form).form
    found = find(doing, form, spec.match, spec.condition, 2)
    values = doing.written(spec, form.fields)
    if len(found) > 1:
        raise UserError("too_many", f"有不止一条{form.title}符合，不知道该改哪一条。")
    if found:
        doing.alter(spec.form, found[0], values)
    else:
        doing.make(spec.form, {**doing.matched(spec.match, form), **values})
