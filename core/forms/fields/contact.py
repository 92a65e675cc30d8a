"""Ways to reach people and things: telephone, e-mail, web address."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Reading, WrongValue, as_text, same, text_of

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^0(10|2\d|[3-9]\d{2})-?[2-9]\d{6,7}(-\d{1,6})?$")
_SERVICE = re.compile(r"^[48]00-?\d{3}-?\d{4}$")
_ABROAD = re.compile(r"^\+(?!86)[1-9]\d{6,14}$")
_EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}$")
LONGEST_URL = 2_000


def read_phone(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """A mobile, landline with area code, 400/800 number, or a number abroad with its country code."""
    text = unicodedata.normalize("NFKC", text_of(raw, "电话号码"))
    bare = re.sub(r"[\s()]", "", text).removeprefix("+86").removeprefix("0086")
    if not bare:
        return None
    mobile = bare.replace("-", "")
    if _MOBILE.match(mobile):
        return mobile
    if _LANDLINE.match(bare) or _SERVICE.match(bare) or _ABROAD.match(bare):
        return bare
    raise WrongValue(f"「{text[:20]}」不是电话号码，座机请带区号，例如 0755-88886666")


def read_email(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """An e-mail address."""
    text = unicodedata.normalize("NFKC", text_of(raw, "邮箱"))
    if not text:
        return None
    name = text.partition("@")[0]
    if not _EMAIL.match(text) or name.startswith(".") or name.endswith(".") or ".." in text:
        raise WrongValue(f"「{text[:30]}」不是邮箱，例如 li@example.com")
    return text


def read_url(_field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """A web address; nothing but http and https."""
    text = text_of(raw, "网址")
    if not text:
        return None
    if not re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "")
    except ValueError:
        good = False
    if not good or re.search(r"[\s<>\"]", text) or len(text) > LONGEST_URL:
        raise WrongValue(f"「{text[:30]}」不是网址，例如 https://example.com")
    return text


_MORE = ("default", "formula", "unique", "scan")
PHONE = FieldKind(
    "phone",
    "电话",
    Kind.TEXT,
    _MORE,
    read_phone,
    as_text,
    same,
    card="text",
    checks="手机、带区号座机、400、国际号码",
    group="联系与证件",
    icon="电",
    help="手机、座机、400 号码",
)
EMAIL = FieldKind(
    "email",
    "邮箱",
    Kind.TEXT,
    _MORE,
    read_email,
    as_text,
    same,
    card="text",
    checks="邮箱写法",
    group="联系与证件",
    icon="@",
    help="电子邮箱",
)
URL = FieldKind(
    "url",
    "网址",
    Kind.TEXT,
    _MORE,
    read_url,
    as_text,
    same,
    card="text",
    checks="仅 http、https",
    group="联系与证件",
    icon="网",
    help="网页地址",
)
