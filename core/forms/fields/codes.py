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
    group="编号与条码",
    icon="No",
    help="保存时按规则取号，不重不断",
    starts={"rule": "{yyyyMM}-{seq:4}"},
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
    group="编号与条码",
    icon="码",
    help="按公式内容显示二维码",
    starts={"formula": "编号"},
)
