"""What the form designer asks: field kinds and properties, functions, other forms' fields, a formula's value."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

from aiohttp import web

from admin.design import BASE
from admin.sessions import Browsers
from admin.sheets import LARGEST
from connect import excel, guess
from connect.edge import Deps, answer, body, reading
from connect.upload import uploaded
from core.definitions import LONGEST
from core.errors import NotFound
from core.expressions import TABLE
from core.forms.definition import FieldDef, Form
from core.forms.describe import kinds, shapes
from core.forms.fields import KINDS
from core.queries.formulas import names_of, sketch, trial
from core.store.access import Session
from core.store.work import UnitOfWork


class Designing:
    """Endpoints."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes; before those of kinds and keys."""
        guarded = self._browsers.guarded
        return [
            web.get("/admin/api/designer", guarded(self.palette)),
            web.get("/admin/api/designer/forms/{form}", guarded(self.fields)),
            web.post("/admin/api/designer/sheet", guarded(self.sheet)),
            web.post(f"{BASE}/formula", guarded(self.formula)),
            web.post(f"{BASE}/symbols", guarded(self.symbols)),
        ]

    async def palette(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """The registry, and what definitions may refer to."""
        return answer({**_registry(), **await reading(self._deps, _house)})

    async def fields(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The fields of a form in force: to refer to, and as YAML values to copy."""
        key = request.match_info["form"]

        def work(uow: UnitOfWork) -> dict[str, Any]:
            found = uow.shelf.raw_form(key)
            if found is None:
                raise NotFound("没有这张表单。")
            return {"key": key, "title": found.title, "fields": [_field(one) for one in found.fields]}

        return answer(await reading(self._deps, work))

    async def sheet(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The fields that the first sheet of an Excel file would fill."""
        _, content = await uploaded(request, LARGEST)
        sheets = await asyncio.to_thread(excel.read, content)
        return answer({"name": sheets[0].name, "fields": guess.fields_of(sheets[0])})

    async def formula(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A formula in the draft: its type and value for a sample, or its mistake with the place."""
        sent = await body(request, "text", "form", "formula", "at", "expect", "values")
        text, key = sent.text("text", longest=LONGEST), sent.text("form", longest=40)
        formula = sent.text("formula", longest=5_000)
        at, expect = sent.text("at", longest=100), sent.text("expect", longest=20)
        typed = {str(k): str(v)[:500] for k, v in (sent.values.get("values") or {}).items()}

        def work(uow: UnitOfWork) -> dict[str, Any]:
            form = _sketched(text, key)
            if not formula.strip():
                return {"problem": {"message": "还没有写公式", "position": 0, "length": 0}}
            person = session.person or next(iter(uow.people.people), "")
            return trial(uow, form, formula, at=at, expect=expect, typed=typed, person=person)

        return answer(await reading(self._deps, work))

    async def symbols(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The names that an expression at a place of the draft may use."""
        sent = await body(request, "text", "form", "at")
        text, key = sent.text("text", longest=LONGEST), sent.text("form", longest=40)
        at = sent.text("at", longest=100)
        return answer(await reading(self._deps, lambda uow: names_of(uow, _sketched(text, key), at)))


def _sketched(text: str, key: str) -> Form:
    found = sketch(text, key)
    if found is None:
        raise NotFound("草稿里还没有能用的字段，请先改正 YAML 的错误。")
    return found


@lru_cache(maxsize=1)
def _registry() -> dict[str, Any]:
    return {"kinds": kinds(), "shapes": shapes(), "functions": _functions()}


def _functions() -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "aliases": list(one.aliases),
            "group": one.group,
            "usage": one.usage,
            "help": one.help,
            "example": one.example,
            "answer": one.answer,
        }
        for one in TABLE
    ]


def _house(uow: UnitOfWork) -> dict[str, Any]:
    return {
        "forms": [{"key": one.key, "title": one.title} for one in uow.definitions.heads("form")],
        "option_sets": [{"key": one.key, "title": one.title} for one in uow.definitions.heads("options")],
        "roles": [one.name for one in uow.people.roles.values()],
        "departments": [one.name for one in uow.people.departments.values()],
    }


def _field(one: FieldDef) -> dict[str, Any]:
    return {
        "key": one.key,
        "label": one.label,
        "type": one.type,
        "title": KINDS[one.type].title,
        "to": one.to,
        "fields": [_field(child) for child in one.fields],
    }
