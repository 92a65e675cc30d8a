"""Decrypted WeCom callbacks → Click, Said; answers → the XML of a passive reply. Pure.

Wire format: developer.work.weixin.qq.com, paths 90238 (messages), 90240 (card events), 90241 (replies).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode
from xml.etree import ElementTree as ET

from bot.adapters.wecom_crypto import CallbackError, read_xml
from bot.adapters.wecom_limits import NOBODY, clean
from bot.cards import Button, Click, Said

CARD_EVENTS = frozenset({"template_card_event", "template_card_menu_event"})
UNREAD = frozenset({"image", "voice", "video", "shortvideo", "file", "location", "link"})

# Words that are one in JSON and two in XML; all others are split at the underscore.
_TAGS = {"keyname": "KeyName", "userid": "UserId", "appid": "AppId", "pagepath": "PagePath"}


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture, a voice message …: something a person sent that the bot does not read."""

    actor: str


def parse(xml: str) -> Click | Said | Unread | None:
    """What a decrypted callback says; None for events that nobody answers. Raises CallbackError."""
    root = read_xml(xml)
    actor, kind = _text(root, "FromUserName"), _text(root, "MsgType")
    if not actor or not kind:
        raise CallbackError("fields_missing")
    delivery = _text(root, "MsgId") or hashlib.sha256(xml.encode()).hexdigest()
    if kind == "text":
        return Said("wecom", actor, _text(root, "Content").strip(), delivery)
    if kind == "event" and _text(root, "Event") in CARD_EVENTS:
        return _click(root, actor, delivery)
    return Unread(actor) if kind in UNREAD else None


def _click(root: ET.Element, actor: str, delivery: str) -> Click:
    name, token, values = key_parts(_text(root, "EventKey"))
    return Click(
        platform="wecom",
        actor=actor,
        card=_text(root, "TaskId"),
        button=name,
        delivery=delivery,
        token=token,
        values=values,
        inputs=_selected(root),
        code=_text(root, "ResponseCode"),
    )


def _selected(root: ET.Element) -> dict[str, object]:
    """Question key → the option's id, or a tuple of ids where several were ticked; the empty choice is ""."""
    chosen: dict[str, object] = {}
    for item in root.iterfind("SelectedItems/SelectedItem"):
        ids = tuple(one.text or "" for one in item.iterfind("OptionIds/OptionId"))
        values = tuple("" if one == NOBODY else one for one in ids)
        chosen[_text(item, "QuestionKey")] = values[0] if len(values) == 1 else values
    return chosen


def _text(parent: ET.Element, tag: str) -> str:
    return parent.findtext(tag) or ""


def button_key(button: Button, token: str) -> str:
    """`name|token|values` as it rides in a button's key; parts at the end are left out when empty."""
    parts = (quote(button.name, safe=".:-_"), quote(token, safe=".:-_="), urlencode(button.values))
    return "|".join(parts).rstrip("|")


def key_parts(key: str) -> tuple[str, str, Mapping[str, str]]:
    """Name, token and values of `button_key`; a key of somebody else's making gives what can be read."""
    name, _, rest = key.partition("|")
    token, _, values = rest.partition("|")
    return unquote(name), unquote(token), dict(parse_qsl(values, keep_blank_values=True))


def text_reply(to: str, sender: str, text: str, at: int) -> str:
    """A passive text message; at most 2048 bytes are shown."""
    root = _reply(to, sender, "text", at)
    ET.SubElement(root, "Content").text = clean(text)
    return ET.tostring(root, encoding="unicode")


def card_reply(to: str, sender: str, card: Mapping[str, object], at: int) -> str:
    """A passive `update_template_card`: replaces the pressed card for who pressed it."""
    root = _reply(to, sender, "update_template_card", at)
    _append(ET.SubElement(root, "TemplateCard"), card)
    return ET.tostring(root, encoding="unicode")


def _reply(to: str, sender: str, kind: str, at: int) -> ET.Element:
    root = ET.Element("xml")
    for tag, value in (("ToUserName", to), ("FromUserName", sender), ("CreateTime", at), ("MsgType", kind)):
        ET.SubElement(root, tag).text = str(value)
    return root


def _append(parent: ET.Element, value: Mapping[str, object]) -> None:
    """JSON to elements: a list repeats its element, without one around it."""
    for key, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            element = ET.SubElement(parent, _tag(key))
            if isinstance(one, Mapping):
                _append(element, one)
            else:
                element.text = str(one)


def _tag(key: str) -> str:
    return _TAGS.get(key) or "".join(part.capitalize() for part in key.split("_"))
