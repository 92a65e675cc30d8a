"""docs/field-types.md: every field type with storage, card, checks and names, written from the registry."""

from __future__ import annotations

from pathlib import Path

from core.forms.definition import FieldDef
from core.forms.fields import KINDS, FieldKind
from core.forms.tables import COLUMN_TYPES

DINGTALK = {
    "text": "TEXT / TEXT_AREA",
    "number": "NUMBER",
    "date": "DATE",
    "datetime": "DATETIME",
    "time": "TIME",
    "select": "CHECKBOX_GROUP / SELECT",
    "multi_select": "MULTI_SELECT",
    "switch": "SWITCH",
}
WECOM = {"select": "multiple_interaction（≤ 3 个、≤ 10 项）", "switch": "multiple_interaction（是/否）"}
HEAD = """# 字段类型 Field types

Written by `python -m core.forms.catalogue` from the registry in `core/forms/fields`; a test holds it current.
Storage names SQLAlchemy types, alike on both databases (Exact: scaled integer on SQLite, NUMERIC on PostgreSQL).
Everywhere — card, H5 page, API, import — a value is read and checked by the same function of its kind.

| type | 名称 | storage | expression | DingTalk card | WeCom card | checks 检查 | properties |
|---|---|---|---|---|---|---|---|
"""


def storage_of(kind: FieldKind) -> str:
    """Where values are kept."""
    if kind.layout:
        return "—"
    if kind.name == "subtable":
        return "own table, one row a line"
    if kind.name == "links":
        return "join table (record_id, target)"
    if kind.name == "lookup":
        return "live: none; copy: as the field it takes"
    if not kind.stored:
        return "worked out when read"
    sample = FieldDef.model_construct(key="x", label="x", type=kind.name)
    columns = COLUMN_TYPES[kind.name]
    return ", ".join(f"{part or 'value'} {make(sample).__class__.__name__}" for part, make in columns.items())


def document() -> str:
    """The page."""
    lines = []
    for kind in KINDS.values():
        names = "、".join(f".{label}" for _, label, _ in kind.parts)
        page = "—" if kind.layout else ("shown" if kind.computed else "H5")
        cells = (
            f"`{kind.name}`",
            kind.title,
            storage_of(kind),
            f"{kind.kind.value}{f'（{names}）' if names else ''}",
            DINGTALK.get(kind.card, page),
            WECOM.get(kind.card, page),
            kind.checks,
            ", ".join(f"`{one}`" for one in kind.properties) or "—",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path("docs/field-types.md").write_text(document(), encoding="utf-8")
