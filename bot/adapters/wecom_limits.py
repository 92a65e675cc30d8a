"""What a WeCom template card can hold: cutting texts to length, refusing what the platform would refuse.

Source: developer.work.weixin.qq.com, path 90236. Lengths in characters are recommendations;
lengths in bytes and counts are hard and answered with an errcode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TITLE, DESC, SUB_TITLE = 36, 44, 160
ROWS, ROW_LABEL, ROW_VALUE = 6, 5, 30
BUTTONS, BUTTON_TEXT, KEY_BYTES = 6, 10, 1024
MENU_ENTRIES = 3
JUMPS, JUMP_TITLE = 3, 18
SELECTS, OPTIONS, OPTION_TEXT, OPTION_BYTES = 3, 10, 16, 128
URL_BYTES = 2048
TEXT_BYTES = 2048

NOBODY = "_none"  # the id of the choice "nothing chosen": an option's id may not be empty

_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Without the characters that XML cannot carry: WeCom drops the whole reply for one of them."""
    return _NOT_XML.sub("", text)


def clip(text: str, characters: int) -> str:
    """At most so many characters, the last one … where something was cut."""
    text = clean(text).strip()
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def valid_task_id(key: str) -> bool:
    return _TASK_ID.fullmatch(key) is not None


def pieces(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """The text in parts of at most `limit` bytes, cut at line ends where there are any."""
    parts, rest = [], clean(text)
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode("utf-8", "ignore")
        cut = head.rfind("\n") + 1 or len(head)
        parts.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:]
    return [part for part in (*parts, rest.rstrip("\n")) if part.strip()]


def check(card: Mapping[str, Any], *, update: bool = False) -> None:
    """Raises ValueError, naming the field, when the platform would refuse this card.

    update  the card replaces another one: then it has no task_id of its own
    """
    checks = {"text_notice": _notice, "button_interaction": _buttons, "multiple_interaction": _selects}
    kind = card.get("card_type")
    _must(kind in checks, "card_type")
    task = card.get("task_id")
    _must((task is None and update) or kind == "text_notice" or valid_task_id(str(task or "")), "task_id")
    _must(task is None or valid_task_id(str(task)), "task_id")
    title = card.get("main_title", {}).get("title")
    _must(bool(title) or (kind == "text_notice" and bool(card.get("sub_title_text"))), "main_title.title")
    checks[str(kind)](card)
    _common(card, needs_task=not update)


def _common(card: Mapping[str, Any], *, needs_task: bool) -> None:
    _must(card.get("source", {}).get("desc_color", 0) in (0, 1, 2, 3), "source.desc_color")
    rows = card.get("horizontal_content_list", [])
    _must(len(rows) <= ROWS, "horizontal_content_list")
    _must(all(row.get("keyname") for row in rows), "horizontal_content_list.keyname")
    if "card_action" in card:
        _must(card["card_action"].get("type") == 1, "card_action.type")
        _must_open(card["card_action"], "card_action.url")
    if "action_menu" in card:
        _menu(card)
        _must("task_id" in card or not needs_task, "action_menu.task_id")


def _menu(card: Mapping[str, Any]) -> None:
    menu = card["action_menu"]
    entries = menu.get("action_list", [])
    _must(bool(menu.get("desc")), "action_menu.desc")
    _must(1 <= len(entries) <= MENU_ENTRIES, "action_menu.action_list")
    _must(all(entry.get("text") for entry in entries), "action_menu.text")
    _must_differ((entry.get("key") for entry in entries), KEY_BYTES, "action_menu.key")


def _notice(card: Mapping[str, Any]) -> None:
    _must("card_action" in card, "card_action")
    jumps = card.get("jump_list", [])
    _must(len(jumps) <= JUMPS, "jump_list")
    for jump in jumps:
        _must(bool(jump.get("title")), "jump_list.title")
        _must_open(jump, "jump_list.url")


def _buttons(card: Mapping[str, Any]) -> None:
    buttons = card.get("button_list", [])
    _must(1 <= len(buttons) <= BUTTONS, "button_list")
    for button in buttons:
        _must(bool(button.get("text")), "button_list.text")
        _must(button.get("style", 1) in (1, 2, 3, 4), "button_list.style")
        _must(button.get("type", 0) in (0, 1), "button_list.type")
        if button.get("type", 0) == 1:
            _must_open(button, "button_list.url")
    _must_differ((one.get("key") for one in buttons if one.get("type", 0) == 0), KEY_BYTES, "button_list.key")
    if "button_selection" in card:
        _choice(card["button_selection"], "button_selection")


def _selects(card: Mapping[str, Any]) -> None:
    selects = card.get("select_list", [])
    _must(1 <= len(selects) <= SELECTS, "select_list")
    _must_differ((one.get("question_key") for one in selects), KEY_BYTES, "select_list.question_key")
    for select in selects:
        _choice(select, "select_list")
    submit = card.get("submit_button", {})
    _must(bool(submit.get("text")), "submit_button.text")
    _must_differ([submit.get("key")], KEY_BYTES, "submit_button.key")


def _choice(choice: Mapping[str, Any], where: str) -> None:
    options: Sequence[Mapping[str, Any]] = choice.get("option_list", [])
    _must_differ([choice.get("question_key")], KEY_BYTES, f"{where}.question_key")
    _must(1 <= len(options) <= OPTIONS, f"{where}.option_list")
    _must(all(option.get("text") for option in options), f"{where}.option_list.text")
    _must_differ((option.get("id") for option in options), OPTION_BYTES, f"{where}.option_list.id")
    known = {option["id"] for option in options}
    _must("selected_id" not in choice or choice["selected_id"] in known, f"{where}.selected_id")


def _must(right: bool, where: str) -> None:
    if not right:
        raise ValueError(f"WeCom card: {where}")


def _must_differ(keys: Iterable[object], limit: int, where: str) -> None:
    """Each key is a text of 1 to `limit` bytes, and no two are equal."""
    found = list(keys)
    _must(all(isinstance(key, str) and 1 <= len(key.encode()) <= limit for key in found), where)
    _must(len(set(found)) == len(found), where)


def _must_open(holder: Mapping[str, Any], where: str) -> None:
    url = holder.get("url", "")
    _must(url.startswith(("http://", "https://")) and len(url.encode()) <= URL_BYTES, where)
