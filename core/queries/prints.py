"""The ways to print a record: every form's own layout, templates of the definition, uploaded ones, labels."""

from __future__ import annotations

import shutil
from typing import Any

from core.store.work import UnitOfWork

LABEL_A4, LABEL_ROLL = "label-a4", "label-60x40"
LABELS = {LABEL_A4: "标签（A4，每页 24 张）", LABEL_ROLL: "标签（60×40 mm 标签纸）"}
PAGE = ["html", "pdf"]


def office() -> str | None:
    """LibreOffice's program, or None where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def ways(uow: UnitOfWork, form: str) -> list[dict[str, Any]]:
    """Every way to print a record of a form: key, title, the formats it comes in."""
    found: list[dict[str, Any]] = [{"key": "", "title": "标准格式", "formats": PAGE}]
    found += [
        {"key": one.key, "title": one.title, "formats": PAGE} for one in uow.shelf.form(form).form.prints
    ]
    more = ["pdf"] if office() else []
    found += [
        {"key": one.key, "title": one.title, "formats": [one.kind, *more]}
        for one in uow.templates.heads(form)
    ]
    return found + [{"key": key, "title": title, "formats": PAGE} for key, title in LABELS.items()]
