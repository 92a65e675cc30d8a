"""`default: {url: 名}`: the fields that an address may fill, and what one says for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import Problem
from core.forms.definition import Form, UrlDefault
from core.forms.fields import KINDS, Reading, WrongValue

LONGEST = 2_000


def taken(form: Form) -> list[dict[str, str]]:
    """The parameters that an address may carry, with the fields they fill."""
    return [
        {"name": one.default.url, "label": one.label}
        for one in form.fields
        if isinstance(one.default, UrlDefault)
    ]


def url_values(form: Form, query: Mapping[str, str], asking: Reading) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a new draft. Only what the definition names is taken; wrong ones stay, with what is wrong."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in form.fields:
        text = query.get(one.default.url, "").strip()[:LONGEST] if isinstance(one.default, UrlDefault) else ""
        if not text:
            continue
        kind = KINDS[one.type]
        try:
            values[one.key] = kind.plain(kind.read(one, text, asking))
        except WrongValue as error:
            values[one.key] = text
            problems.append(Problem(one.key, f"{one.label}：{error}"))
    return values, problems
