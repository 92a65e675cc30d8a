"""A form with what it borrows filled in: shared option sets, and the fields that lookups and rollups take."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Problem
from core.forms.definition import ButtonDef, FieldDef, Form
from core.forms.fields import KINDS
from core.forms.optionset import OptionSet

FindForm = Callable[[str], Form | None]
FindOptions = Callable[[str], OptionSet | None]


def borrows(form: Form) -> bool:
    """Whether there is anything to fill in."""
    return any(one.option_set or one.type in ("lookup", "rollup") for _, one in form.walk())


def needed(form: Form) -> tuple[set[str], set[str]]:
    """Keys of the forms and option sets that a form reaches."""
    forms: set[str] = set()
    options: set[str] = set()
    for _, one in form.walk():
        forms |= {name for name in (one.to, one.of) if name}
        forms |= {part.form for part in (one.fill_from, one.options_from, one.pick) if part}
        options |= {one.option_set} if one.option_set else set()
    forms |= {asked.of for guard in form.guards for asked in guard.ask.values()}
    forms |= {button.create for button in form.buttons if button.create}
    return forms, options


def resolve(form: Form, find: FindForm, find_options: FindOptions) -> Form:
    """The form with option sets and targets in place; what cannot be found stays empty (problems() says so)."""
    if not borrows(form):
        return form
    fields = tuple(_field(one, form.fields, find, find_options) for one in form.fields)
    return form.model_copy(update={"fields": fields})


def _field(one: FieldDef, around: tuple[FieldDef, ...], find: FindForm, options: FindOptions) -> FieldDef:
    if one.fields:
        inner = tuple(_field(child, (*one.fields, *around), find, options) for child in one.fields)
        return one.model_copy(update={"fields": inner})
    if one.option_set and (found := options(one.option_set)):
        return one.model_copy(update={"options": found.items})
    if one.type == "lookup" and (target := taken(one, around, find)):
        return one.model_copy(update={"target": target})
    if one.type == "rollup":
        return one.model_copy(update={"target": _gathered(one, find)})
    return one


def taken(one: FieldDef, around: tuple[FieldDef, ...], find: FindForm) -> FieldDef | None:
    """The field that a lookup takes."""
    via = next((other for other in around if one.via in (other.key, other.label)), None)
    target = find(via.to) if via is not None and via.type == "link" else None
    found = target.by_label(one.take) if target else None
    if found is None or found.type in ("subtable", "lookup", "rollup", "links") or found.layout:
        return None
    return found


def reached(form: Form | None, path: str) -> tuple[FieldDef | None, FieldDef | None]:
    """(sub-table or None, field) that a path as `items.amount` or `明细.金额` names."""
    if form is None:
        return None, None
    head, _, tail = path.partition(".")
    first = form.by_label(head)
    if not tail:
        return None, first
    child = next((c for c in first.fields if tail in (c.key, c.label)), None) if first else None
    return first, child


def _gathered(one: FieldDef, find: FindForm) -> FieldDef:
    _, found = reached(find(one.of), one.take) if one.take else (None, None)
    if one.agg == "count" or found is None:
        return FieldDef(key="n", label="n", type="number", decimals=0)
    if one.agg == "avg":
        update = {"decimals": min(found.scale + 2, 10), "type": "number"}
        return found.model_copy(update=update)
    return found


def problems(form: Form, find: FindForm, find_options: FindOptions) -> list[Problem]:
    """What a form borrows and cannot be found, or does not fit."""
    found: list[Problem] = []
    for index, one in enumerate(form.fields):
        found += _borrowed(one, form.fields, f"fields.{index}", form, find, find_options)
        for column, child in enumerate(one.fields):
            around = (*one.fields, *form.fields)
            found += _borrowed(child, around, f"fields.{index}.fields.{column}", form, find, find_options)
    for index, button in enumerate(form.buttons):
        found += _aimed(button, f"buttons.{index}", form, find) if button.target else []
    return found


def _aimed(button: ButtonDef, at: str, form: Form, find: FindForm) -> list[Problem]:
    """A button that changes a linked record: through which field, and what it sets there."""
    via = form.by_label(button.target)
    if via is None or via.type != "link":
        return [Problem(f"{at}.target", f"按钮「{button.text}」要改的「{button.target}」不是本表的关联字段")]
    if not button.put:
        return [Problem(f"{at}.set", f"按钮「{button.text}」没有写要把关联数据改成什么")]
    other = _other(form, via.to, find)
    return [
        Problem(f"{at}.set", f"「{other.title}」里没有能改的字段「{name}」")
        for name in (button.put if other else ())
        if other and ((one := other.field(name)) is None or one.layout or one.computed)
    ]


def _borrowed(
    one: FieldDef, around: tuple[FieldDef, ...], at: str, form: Form, find: FindForm, options: FindOptions
) -> list[Problem]:
    if one.option_set and options(one.option_set) is None:
        return [Problem(f"{at}.option_set", f"没有「{one.option_set}」这个选项集")]
    if one.to and _other(form, one.to, find) is None:
        return [Problem(f"{at}.to", f"没有「{one.to}」这个表单")]
    if one.type == "lookup" and taken(one, around, lambda key: _other(form, key, find)) is None:
        return [Problem(f"{at}.take", f"「{one.label}」要取的字段不存在，或不是能带出的类型")]
    if one.type in ("rollup", "backlinks"):
        return _gathering(one, at, form, find)
    return [
        Problem(f"{at}.{name}", f"没有「{part.form}」这个表单")
        for name in ("fill_from", "options_from", "pick")
        if (part := getattr(one, name)) and _other(form, part.form, find) is None
    ]


def _other(form: Form, key: str, find: FindForm) -> Form | None:
    return form if key == form.key else find(key)


def _gathering(one: FieldDef, at: str, form: Form, find: FindForm) -> list[Problem]:
    other = _other(form, one.of, find)
    if other is None:
        return [Problem(f"{at}.of", f"没有「{one.of}」这个表单")]
    by = other.by_label(one.by)
    if by is None or by.type not in ("link", "links") or by.to != form.key:
        return [Problem(f"{at}.by", f"「{other.title}」里没有指向本表的关联字段「{one.by}」")]
    if one.type == "rollup" and one.agg != "count":
        table, found = reached(other, one.take)
        if found is None or (table is not None and table.type != "subtable"):
            return [Problem(f"{at}.take", f"「{other.title}」里没有「{one.take}」")]
        if KINDS[found.type].kind.value != "number" or not found.stored:
            return [Problem(f"{at}.take", f"「{found.label}」不是数字，不能汇总")]
    return []
