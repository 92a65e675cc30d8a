"""Numbers that prove who somebody is: 身份证 (GB 11643), 统一社会信用代码 (GB 32100), both with check digits; 护照."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Reading, WrongValue, as_text, same, text_of

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def read_id_card(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """An 18-digit 居民身份证号码."""
    text = unicodedata.normalize("NFKC", text_of(raw, "身份证号")).replace(" ", "").upper()
    if not text:
        return None
    if not re.match(r"^[1-9]\d{16}[\dX]$", text):
        raise WrongValue("身份证号应当是 18 位（最后一位可以是 X）")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError as error:
        raise WrongValue("身份证号里的出生日期不对") from error
    if born.year < 1880:
        raise WrongValue("身份证号里的出生日期不对")
    if id_card_digit(text) != text[17]:
        raise WrongValue("身份证号的校验位不对，请检查有没有写错")
    return text


def id_card_digit(text: str) -> str:
    """The check digit of the first 17."""
    return _ID_CHECK[sum(int(d) * w for d, w in zip(text[:17], _ID_WEIGHTS, strict=True)) % 11]


def read_uscc(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """An 18-character 统一社会信用代码."""
    text = unicodedata.normalize("NFKC", text_of(raw, "统一社会信用代码")).replace(" ", "").upper()
    if not text:
        return None
    if len(text) != 18 or any(letter not in _USCC_LETTERS for letter in text):
        raise WrongValue("统一社会信用代码应当是 18 位数字或大写字母（没有 I、O、S、V、Z）")
    if uscc_letter(text) != text[17]:
        raise WrongValue("统一社会信用代码的校验位不对，请检查有没有写错")
    return text


def uscc_letter(text: str) -> str:
    """The check letter of the first 17."""
    total = sum(_USCC_LETTERS.index(letter) * pow(3, i, 31) for i, letter in enumerate(text[:17]))
    return _USCC_LETTERS[(31 - total % 31) % 31]


def read_passport(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """A passport number of any country: ICAO 9303 allows nine characters, some print more; it has no check digit."""
    text = unicodedata.normalize("NFKC", text_of(raw, "护照号")).replace(" ", "").upper()
    if not text:
        return None
    if not re.match(r"^(?=.*\d)[A-Z0-9]{6,12}$", text):
        raise WrongValue("护照号应当是 6 到 12 位字母和数字")
    if re.match(r"^[EG]", text) and not re.match(r"^(G\d{8}|E[A-Z]?\d{7,8})$", text):
        raise WrongValue("中国护照号应当是 E 或 G 开头、共 9 位，请检查有没有写错")
    return text


_MORE = ("default", "formula", "unique", "scan")
ID_CARD = FieldKind(
    "id_card",
    "身份证号",
    Kind.TEXT,
    _MORE,
    read_id_card,
    as_text,
    same,
    card="text",
    checks="18 位、出生日期、校验位",
    group="联系与证件",
    icon="证",
    help="18 位身份证号，核对校验位",
)
USCC = FieldKind(
    "uscc",
    "统一社会信用代码",
    Kind.TEXT,
    _MORE,
    read_uscc,
    as_text,
    same,
    card="text",
    checks="18 位、字符集、校验位",
    group="联系与证件",
    icon="信",
    help="18 位统一社会信用代码，核对校验位",
)
PASSPORT = FieldKind(
    "passport",
    "护照号",
    Kind.TEXT,
    _MORE,
    read_passport,
    as_text,
    same,
    card="text",
    checks="6 到 12 位字母和数字，中国护照 E、G 开头共 9 位",
    group="联系与证件",
    icon="护",
    help="各国护照号；中国护照核对开头和位数",
)
