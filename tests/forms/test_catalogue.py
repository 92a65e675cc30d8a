"""The table of field types is the registry's."""

from __future__ import annotations

from pathlib import Path

from core.forms.catalogue import document
from core.forms.fields import KINDS
from core.forms.tables import COLUMN_TYPES, OWN_TABLE

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_current():
    """docs/field-types.md 与登记表一致（python -m core.forms.catalogue）。"""
    assert (ROOT / "docs" / "field-types.md").read_text(encoding="utf-8") == document()


def test_every_stored_kind_has_a_column_type():
    """每种有值的类型都知道存在哪里。"""
    stored = {one.name for one in KINDS.values() if one.stored and one.name != "lookup"}
    assert stored - OWN_TABLE == set(COLUMN_TYPES)
