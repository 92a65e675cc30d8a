"""What the files of a record are called: the `rename` rule of their field, filled in when the record is saved.

Only files that come with this saving are named; those that the record had keep the name that people know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.forms.asking import file_ids
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.text import show
from core.store.work import UnitOfWork

LONGEST = 120
OWN = ("编号", "序号", "原名")
_PART = re.compile(r"\{([^{}]+)\}")
_REFUSED = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_SPEECHLESS = frozenset({"attachment", "image", "subtable", "links", "backlinks"})


def unnamed(form: Form, field: FieldDef) -> list[str]:
    """What is wrong with a field's rule: the names that it cannot fill in."""
    return [
        f"「{field.label}」的文件命名规则里不能用「{name}」，可以用 编号、序号、原名和有值的字段"
        for name in _PART.findall(field.rename)
        if name not in OWN
        and ((one := form.by_label(name)) is None or not one.stored or one.type in _SPEECHLESS)
    ]


def named_files(
    uow: UnitOfWork, form: Form, values: Mapping[str, Any], number: str, names: Names
) -> dict[str, Any]:
    """The values with their new files named, in the store too."""
    found = dict(values)
    called: dict[str, str] = {}
    for one in form.fields:
        if one.rename and found.get(one.key):
            (found[one.key],) = _named(uow, form, one, [found[one.key]], (values, number, names), called)
        for child in one.fields:
            rows = found.get(one.key) or []
            if child.rename and rows:
                lists = _named(
                    uow,
                    form,
                    child,
                    [row.get(child.key) or [] for row in rows],
                    (values, number, names),
                    called,
                )
                found[one.key] = [
                    {**row, child.key: some or None} for row, some in zip(rows, lists, strict=True)
                ]
    uow.files.rename(called)
    return found


def as_called(uow: UnitOfWork, values: dict[str, Any]) -> dict[str, Any]:
    """Typed values with their files as they are called now: a draft that was handed in is read again."""
    ids = sorted(file_ids(values))
    stored = uow.files.info(ids) if ids else {}

    def now(value: Any) -> Any:
        if isinstance(value, list):
            return [now(one) for one in value]
        if isinstance(value, dict):
            info = stored.get(str(value.get("id"))) if "size" in value else None
            return {**value, "name": info.name} if info else {key: now(one) for key, one in value.items()}
        return value

    return {key: now(value) for key, value in values.items()} if stored else values


def _named(
    uow: UnitOfWork,
    form: Form,
    field: FieldDef,
    lists: Sequence[Sequence[dict[str, Any]]],
    about: tuple[Mapping[str, Any], str, Names],
    called: dict[str, str],
) -> list[list[dict[str, Any]]]:
    """The files of one field (for a column: of each row), each with a name that no other of them has."""
    stored = uow.files.info([item["id"] for items in lists for item in items])
    fresh = {id_ for id_, info in stored.items() if info.record_id is None}
    taken = {item["name"] for items in lists for item in items if item["id"] not in fresh}
    place, found = 0, []
    for items in lists:
        some = []
        for item in items:
            place, name = place + 1, item["name"]
            if item["id"] in fresh:
                name = called[item["id"]] = _free(form, field.rename, about, place, name, taken)
                taken.add(name)
            some.append({**item, "name": name})
        found.append(some)
    return found


def _free(
    form: Form,
    rule: str,
    about: tuple[Mapping[str, Any], str, Names],
    place: int,
    original: str,
    taken: set[str],
) -> str:
    """The rule filled in with the first number that makes the name its own; without one, `-2`, `-3` at the end."""
    counted = "{序号}" in rule
    for more in range(len(taken) + 1):
        name = file_name(
            form, rule, about, place + more, original, "" if counted or not more else f"-{more + 1}"
        )
        if name not in taken:
            return name
    return original


def file_name(
    form: Form,
    rule: str,
    about: tuple[Mapping[str, Any], str, Names],
    place: int,
    original: str,
    tail: str = "",
) -> str:
    """One name: the rule filled in, what file systems refuse replaced, cut, with the extension it had."""
    values, number, names = about
    found = _EXTENSION.search(original)
    extension = found[0] if found else ""
    own = {"编号": number, "序号": str(place), "原名": original.removesuffix(extension)}

    def fill(part: re.Match[str]) -> str:
        one = form.by_label(part[1])
        return own.get(part[1]) or (show(one, values.get(one.key), names) if one else "")

    stem = _REFUSED.sub("_", _PART.sub(fill, rule)).strip(" .")
    if not stem:
        return original
    return f"{stem[: LONGEST - len(extension) - len(tail)].rstrip(' .')}{tail}{extension}"
