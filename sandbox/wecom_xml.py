"""XML of WeCom callbacks and passive replies, to and from plain dicts (element names of page 90241)."""

import re
import xml.etree.ElementTree as ET
from typing import Any

from sandbox.cloud import Json

REPEATED = frozenset(
    {
        "HorizontalContentList",
        "VerticalContentList",
        "JumpList",
        "ButtonList",
        "SelectList",
        "OptionList",
        "ActionList",
    }
)
NUMBERS = frozenset({"type", "style", "mode", "desc_color", "aspect_ratio", "disable", "is_checked"})
RENAMED = {
    "CheckBox": "checkbox",
    "KeyName": "keyname",
    "AppId": "appid",
    "PagePath": "pagepath",
    "UserId": "userid",
}
SNAKE = re.compile(r"(?<!^)(?=[A-Z])")


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(name: str, value: Any) -> str:
    """Numbers bare, texts as CDATA, as real traffic has it; dicts and lists nest."""
    if isinstance(value, dict):
        return f"<{name}>{''.join(element(k, v) for k, v in value.items())}</{name}>"
    if isinstance(value, list):
        return "".join(element(name, v) for v in value)
    return f"<{name}>{value if isinstance(value, int) else cdata(str(value))}</{name}>"


def parse(text: str) -> ET.Element:
    """Raises ValueError for anything that is not XML or brings a DTD."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("DTD not allowed")
    try:
        return ET.fromstring(text)  # noqa: S314 - DTDs are refused above
    except ET.ParseError as mistake:
        raise ValueError(f"not XML: {mistake}") from mistake


def card_of(node: ET.Element) -> Json:
    """A <TemplateCard> as the JSON template_card of message/send, so that one validation serves both."""
    card: Json = {}
    for child in node:
        key = RENAMED.get(child.tag) or SNAKE.sub("_", child.tag).lower()
        value: Any = card_of(child) if len(child) else _scalar(key, (child.text or "").strip())
        if child.tag in REPEATED:
            card.setdefault(LIST_NAMES.get(child.tag, key), []).append(value)
        else:
            card[key] = value
    return card


LIST_NAMES = {"SelectList": "select_list", "OptionList": "option_list"}


def _scalar(key: str, text: str) -> Any:
    if key in ("disable", "is_checked"):
        return text.lower() in ("1", "true")
    if key in NUMBERS:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text
