"""What is wrong with a form beside its own text: against the versions that have records already."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import Problem
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS
from core.forms.filenames import unnamed

# Types that share a column type and whose values fit each other.
ALIKE = (
    {"text", "select", "phone", "email", "url"},
    {"attachment", "image"},
    {"text", "rich_text", "barcode"},
)
IN_ROWS = frozenset({"subtable", "links", "rollup", "backlinks", "serial", "section", "tab", "note"})


def lint(form: Form, present: Form | None, past: Mapping[str, FieldDef] | None = None) -> list[Problem]:
    """Mistakes of a form that would replace `present`; `past`: every field it ever had, by path."""
    had = {**(past or {}), **(dict(present.walk()) if present else {})}
    found = []
    for index, field in enumerate(form.fields):
        found += _same_storage(field, had.get(field.key), f"fields.{index}")
        found += _taken_over(field, had, "", f"fields.{index}")
        for column, child in enumerate(field.fields):
            place = f"fields.{index}.fields.{column}"
            found += _same_storage(child, had.get(f"{field.key}.{child.key}"), place)
            found += _taken_over(child, had, f"{field.key}.", place)
            if child.type in IN_ROWS:
                found.append(Problem(f"{place}.type", f"子表里不能放{KINDS[child.type].title}"))
            if child.unique:
                found.append(Problem(f"{place}.unique", "子表的列不能要求唯一"))
        found += _copies(form, field, f"fields.{index}")
    for path, one in form.walk():
        found += [Problem(f"{_place(form, path)}.rename", text) for text in unnamed(form, one)]
    found += [Problem("summary", f"标题规则里没有「{name}」这个字段") for name in _unknown_names(form)]
    return found + _named_fields(form)


def _place(form: Form, path: str) -> str:
    """`fields.2.fields.0` for `items.file`."""
    head, _, tail = path.partition(".")
    outer = next(index for index, one in enumerate(form.fields) if one.key == head)
    if not tail:
        return f"fields.{outer}"
    inner = next(index for index, one in enumerate(form.fields[outer].fields) if one.key == tail)
    return f"fields.{outer}.fields.{inner}"


def _same_storage(field: FieldDef, old: FieldDef | None, at: str) -> list[Problem]:
    """A column keeps its type: numbers of another scale would change what is stored."""
    if old is None:
        return []
    if old.type != field.type and not any({old.type, field.type} <= group for group in ALIKE):
        title, other = KINDS[old.type].title, KINDS[field.type].title
        return [
            Problem(
                f"{at}.type",
                f"「{field.label}」已有数据，不能从{title}直接改成{other}；"
                f"请换一个 key 新建字段，写上 from: {field.key}，已有的值会换算过去",
            )
        ]
    if old.scale != field.scale:
        return [
            Problem(
                f"{at}.decimals",
                f"「{field.label}」已有数据，不能改小数位；请换一个 key 新建字段，写上 from: {field.key}",
            )
        ]
    return []


def _taken_over(field: FieldDef, had: Mapping[str, FieldDef], around: str, at: str) -> list[Problem]:
    if not field.source:
        return []
    old = had.get(f"{around}{field.source}")
    if old is None:
        return [Problem(f"{at}.from", f"以前没有「{field.source}」这个字段")]
    unsuited = {"subtable", "links", "attachment", "image"}
    if {old.type, field.type} & unsuited or not KINDS[old.type].stored or field.computed:
        return [Problem(f"{at}.from", f"{KINDS[old.type].title}的值不能换算成{KINDS[field.type].title}")]
    return []


def _copies(form: Form, field: FieldDef, at: str) -> list[Problem]:
    around = (*field.fields, *form.fields)
    names = {name for one in (field, *field.fields) for name in one.copy_down}
    known = {one.key for one in around}
    return [
        Problem(f"{at}.copy", f"没有「{name}」这个字段，不能带入")
        for name in sorted(names)
        if name not in known
    ]


def _named_fields(form: Form) -> list[Problem]:
    """Names in unique, buttons, checks and serial rules that are no field of the form."""
    found = []
    for index, rule in enumerate(form.unique):
        found += [
            Problem(f"unique.{index}.fields", f"没有「{name}」这个字段")
            for name in rule.fields
            if (one := form.by_label(name)) is None or not one.stored or one.type in ("subtable", "links")
        ]
    for index, button in enumerate(form.buttons):
        names = [*button.ask, *(() if button.target else button.put)]
        found += [
            Problem(f"buttons.{index}", f"没有「{name}」这个字段")
            for name in names
            if form.field(name) is None
        ]
    for index, rule_ in enumerate(form.checks):
        if rule_.at and form.field(rule_.at) is None:
            found.append(Problem(f"checks.{index}.at", f"没有「{rule_.at}」这个字段"))
    twice = [one.key for one in form.buttons] + [one.key for one in form.prints]
    if len(set(twice)) < len(twice):
        found.append(Problem("buttons", "按钮或打印模板的 key 重复"))
    return found


def _unknown_names(form: Form) -> list[str]:

    return [
        name
        for name in re.findall(r"\{([^{}]+)\}", form.summary)
        if name != "编号" and form.by_label(name) is None
    ]
