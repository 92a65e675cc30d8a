"""Serial numbers made by a rule, and codes drawn for scanners."""

from __future__ import annotations

from core.expressions import Kind
from core.forms.fields.base import FieldKind, as_text, same, unread

LONGEST_BARS = 48  # Code 128: more is too wide for a label
CODES = {"qr": "二维码", "code128": "条形码 Code 128", "ean13": "商品条码 EAN-13"}


def unfit(kind: str, text: str) -> str:
    """Why a text cannot be drawn as this kind of code; "" when it can."""
    if kind == "code128" and not all(" " <= char <= "~" for char in text):
        return "条形码只能有字母、数字和英文符号"
    if kind == "code128" and len(text) > LONGEST_BARS:
        return f"条形码最多 {LONGEST_BARS} 个字"
    if kind == "ean13" and not (text.isascii() and text.isdecimal() and len(text) in (12, 13)):
        return "商品条码要 12 位数字（校验位自动加上）或完整的 13 位"
    if kind == "ean13" and len(text) == 13 and text[12] != _check_digit(text):
        return f"商品条码的校验位不对，应为 {_check_digit(text)}"
    return ""


def _check_digit(text: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text[:12]))
    return str(-total % 10)


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
    "二维码 / 条形码",
    Kind.TEXT,
    ("formula", "code"),
    unread,
    as_text,
    same,
    needs=("formula",),
    computed=True,
    checks="内容由公式给出，最多 500 字；code: qr、code128（英文数字，最多 48 字）、ean13（12 或 13 位，验校验位）",
)
