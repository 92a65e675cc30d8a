"""Which columns of a sub-table have a sum that means something: a sum of amounts, never of unit prices."""

from __future__ import annotations

import re

from core.forms.definition import FieldDef, Form


def summed(form: Form, table: FieldDef) -> frozenset[str]:
    """Keys of the columns that the form itself sums; where it sums none: amounts worked out in the row, or the only."""
    formulas = " ".join(one.formula or "" for one in form.fields)
    named = {
        one.key
        for one in table.fields
        if any(
            re.search(rf"\bSUM\(\s*{t}\.{c}\s*\)", formulas)
            for t in (re.escape(table.label), table.key)
            for c in (re.escape(one.label), one.key)
        )
    }
    if named:
        return frozenset(named)
    money = [one for one in table.fields if one.base.type == "money"]
    worked_out = [one.key for one in money if one.formula is not None]
    return frozenset(worked_out or [one.key for one in money if len(money) == 1])
