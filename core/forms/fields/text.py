"""Text: one line or several, with mask, pattern and lengths; rich text, cleaned on the way in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import nh3
import re2

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, as_text, same, text_of

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

LONGEST = 10_000
RICHEST = 50_000
_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "h3", "h4", "blockquote", "a"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "span",
    "code",
    "pre",
    "hr",
}
_MASK = {"9": r"\d", "A": "[A-Za-z]", "*": r"\S"}


def read(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """Text without blanks around it; nothing when it is empty."""
    text = text_of(raw, "文字")
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text):
        raise WrongValue("含有不能识别的字符")
    if field.lines == 1 and "\n" in text and not field.formula:
        raise WrongValue("只能写一行")
    limit = int(field.max or LONGEST)
    if len(text) > limit:
        raise WrongValue(f"最多 {limit} 个字，现在有 {len(text)} 个")
    if not text:
        return None
    if len(text) < field.min_length:
        raise WrongValue(f"至少 {field.min_length} 个字，现在有 {len(text)} 个")
    if field.mask and not compiled(masked(field.mask)).fullmatch(text):
        raise WrongValue(f"应当写成 {field.mask} 的样子（9 是数字，A 是字母）")
    if field.pattern and not compiled(field.pattern).fullmatch(text):
        raise WrongValue(field.pattern_say or "格式不对")
    return text


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """A pattern by RE2: linear time whatever it says. Raises re2.error."""
    return re2.compile(pattern)


def masked(mask: str) -> str:
    """The pattern of an input mask."""
    return "".join(_MASK.get(letter, re.escape(letter)) for letter in mask)


def read_rich(field: FieldDef, raw: Any, _reading: Reading) -> str | None:
    """HTML with everything that could act taken out."""
    if not isinstance(raw, str):
        raise WrongValue("应当是文字")
    limit = int(field.max or RICHEST)
    if len(raw) > limit:
        raise WrongValue(f"最多 {limit} 个字（含格式），现在有 {len(raw)} 个")
    clean = nh3.clean(raw, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})
    return clean.strip() if bare(clean) else None


def bare(html: str) -> str:
    """The words of a rich text."""
    text = nh3.clean(re.sub(r"<(br|/p|/li|/tr|/h\d)[^>]*>", "\n", html), tags=set())
    for name, letter in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(name, letter)
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def show_rich(_field: FieldDef, value: Any, _names: Names) -> str:
    """Its words."""
    return bare(str(value))


TEXT = FieldKind(
    "text",
    "文本",
    Kind.TEXT,
    (
        "max",
        "min_length",
        "pattern",
        "pattern_say",
        "mask",
        "lines",
        "scan",
        "default",
        "formula",
        "unique",
    ),
    read,
    as_text,
    same,
    card="text",
    checks="字数上下限、掩码、正则（RE2）、控制字符",
    group="文字",
    icon="文",
    help="一行或多行文字，可限制字数、格式",
)
RICH_TEXT = FieldKind(
    "rich_text",
    "富文本",
    Kind.TEXT,
    ("max",),
    read_rich,
    show_rich,
    same,
    checks="去除脚本和危险标签，字数上限",
    group="文字",
    icon="富",
    help="带格式的文字：标题、列表、表格、链接",
)
