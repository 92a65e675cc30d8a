"""What is wrong with a form beside its own text: against the version that has records already."""

from __future__ import annotations

import re

from core.errors import Problem
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS


def lint(form: Form, present: Form | None) -> list[Problem]:
    """Mistakes of a form that would replace `present`."""
    found = []
    for index, field in enumerate(form.fields):
        old = present.field(field.key) if present else None
        found += _same_storage(field, old, f"fields.{index}")
        for column, child in enumerate(field.fields):
            before = old.child(child.key) if old else None
            found += _same_storage(child, before, f"fields.{index}.fields.{column}")
            if child.type == "subtable":
                found.append(Problem(f"fields.{index}.fields.{column}.type", "子表里不能再放子表"))
    found += [Problem("summary", f"标题规则里没有「{name}」这个字段") for name in _unknown_names(form)]
    return found


def _same_storage(field: FieldDef, old: FieldDef | None, at: str) -> list[Problem]:
    """A column keeps its type: numbers of another scale would change what is stored."""
    if old is None:
        return []
    if old.type != field.type and {old.type, field.type} != {"text", "select"}:
        return [
            Problem(
                f"{at}.type",
                f"「{field.label}」已有数据，不能从{KINDS[old.type].title}改成{KINDS[field.type].title}；请新建一个字段",
            )
        ]
    if old.scale != field.scale:
        return [Problem(f"{at}.decimals", f"「{field.label}」已有数据，不能改小数位；请新建一个字段")]
    return []


def _unknown_names(form: Form) -> list[str]:

    return [
        name
        for name in re.findall(r"\{([^{}]+)\}", form.summary)
        if name != "编号" and form.by_label(name) is None
    ]
