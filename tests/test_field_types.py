"""The pages know every kind of field that the engine knows, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from core.forms.fields import KINDS

TYPES = Path(__file__).parent.parent / "admin/web/src/shared/fieldTypes.ts"


def test_the_pages_draw_exactly_the_kinds_of_the_registry():
    listed = re.search(r"FIELD_TYPES = \[(.*?)\]", TYPES.read_text(), re.DOTALL)
    assert listed is not None

    assert sorted(re.findall(r"'(\w+)'", listed.group(1))) == sorted(KINDS)
