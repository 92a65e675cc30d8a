"""Serial numbers made by a rule, and codes drawn for scanners."""

from __future__ import annotations

from core.expressions import Kind
from core.forms.fields.base import FieldKind, as_text, same, unread

SERIAL = FieldKind(
    "serial",
    "流水号",
    Kind.TEXT,
    ("rule",),
    unread,
    as_text,
    same,
    needs=("rule",),
    computed=True,
    checks="保存的同一事务里取号：不重；不断号（退回的事务连号一起退回）",
)
BARCODE = FieldKind(
    "barcode",
    "二维码",
    Kind.TEXT,
    ("formula",),
    unread,
    as_text,
    same,
    needs=("formula",),
    computed=True,
    checks="内容由公式给出，最多 500 字",
)
