"""Is a template_card valid? Every hard limit of the five kinds, each with the errcode of the official table.

Where the table leaves the code open (marked UNCERTAIN in our notes) the more general 40058 is used.
Lengths that
are only recommended (建议) never refuse.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.cloud import Json, Refusal
from sandbox.wecom_errors import refuse

KINDS = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIVE = frozenset(KINDS[2:])
TASK_ID = re.compile(r"^[0-9A-Za-z_\-@]{1,128}$")
KEY_BYTES = 1024
OPTION_BYTES = 128


def check(card: Any, *, callback: bool, update: bool = False) -> None:
    """Raises Refusal for the first defect. `callback`: the app has a callback URL; `update`: task_id is
    not needed.
    """
    if not isinstance(card, dict):
        raise refuse(41016, "template_card missing")
    kind = card.get("card_type")
    if kind not in KINDS:
        raise refuse(42031, "card_type")
    if (kind in INTERACTIVE or card.get("action_menu")) and not callback:
        raise refuse(43012)
    _title(card, kind)
    _task_id(card, kind, update=update)
    _menu(card)
    _lists(card, kind)
    BODIES[kind](card)


def _title(card: Json, kind: str) -> None:
    title = _object(card, "main_title").get("title")
    if not _filled(title) and not (kind == "text_notice" and _filled(card.get("sub_title_text"))):
        raise refuse(41016)


def _task_id(card: Json, kind: str, *, update: bool) -> None:
    needed = (kind in INTERACTIVE or card.get("action_menu")) and not update
    given = card.get("task_id")
    if (needed and not given) or (given and not (isinstance(given, str) and TASK_ID.match(given))):
        raise refuse(42014)


def _menu(card: Json) -> None:
    if not card.get("action_menu"):
        return
    menu = _object(card, "action_menu")
    actions = _list(menu, "action_list")
    if not _filled(menu.get("desc")):
        raise refuse(40058, "action_menu.desc")
    if not 1 <= len(actions) <= 3:
        raise refuse(40058, "action_menu.action_list")
    keys = [a.get("key") for a in actions]
    if not all(_filled(a.get("text")) and _filled(a.get("key")) for a in actions):
        raise refuse(40058, "action_list text or key")
    if len(set(keys)) != len(keys) or any(_bytes(k) > KEY_BYTES for k in keys):
        raise refuse(42051)


def _lists(card: Json, kind: str) -> None:
    """Lists that several kinds share: horizontal, vertical, jump."""
    rows = _list(card, "horizontal_content_list")
    if len(rows) > 6:
        raise refuse(42035)
    for row in rows:
        _row(row)
    if len(_list(card, "vertical_content_list")) > 4:
        raise refuse(42036)
    if any(not _filled(v.get("title")) for v in _list(card, "vertical_content_list")):
        raise refuse(42033, "vertical_content_list.title")
    jumps = _list(card, "jump_list")
    if len(jumps) > 3:
        raise refuse(42042)
    for jump in jumps:
        if not _filled(jump.get("title")):
            raise refuse(42033, "jump_list.title")
        _target(jump, "jump_list")
    if kind == "vote_interaction" and rows:
        raise refuse(40058, "horizontal_content_list in vote_interaction")


def _row(row: Json) -> None:
    if not _filled(row.get("keyname")):
        raise refuse(42027)
    kind = row.get("type", 0)
    if kind == 1:
        _url(row.get("url"), 42028, "horizontal_content_list.url")
    elif kind == 2 and not _filled(row.get("media_id")):
        raise refuse(42029)
    elif kind == 3 and not _filled(row.get("userid")):
        raise refuse(42050)
    elif kind not in (0, 1, 2, 3):
        raise refuse(40058, "horizontal_content_list.type")


def _target(thing: Json, where: str) -> None:
    """type 1 needs a url, type 2 an appid; 0 or absent nothing."""
    kind = thing.get("type", 0)
    if kind == 1:
        _url(thing.get("url"), 42028, f"{where}.url")
    elif kind == 2 and not _filled(thing.get("appid")):
        raise refuse(42030)
    elif kind not in (0, 1, 2):
        raise refuse(40058, f"{where}.type")


def _url(url: Any, missing: int, where: str) -> None:
    if not _filled(url):
        raise refuse(missing, where)
    if not str(url).startswith(("http://", "https://")):
        raise refuse(45034, where)


def _card_action(card: Json, *, required: bool) -> None:
    action = card.get("card_action")
    if action is None and not required:
        return
    if not isinstance(action, dict) or (required and action.get("type") not in (1, 2)):
        raise refuse(42045)
    _target(action, "card_action")


def _text_notice(card: Json) -> None:
    _card_action(card, required=True)


def _news_notice(card: Json) -> None:
    _card_action(card, required=True)
    image, area = card.get("card_image"), card.get("image_text_area")
    if not isinstance(image, dict) and not isinstance(area, dict):
        raise refuse(42044)
    if isinstance(image, dict):
        _url(image.get("url"), 42044, "card_image.url")
        ratio = image.get("aspect_ratio", 1.3)
        if not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
            raise refuse(40058, "card_image.aspect_ratio")
    if isinstance(area, dict):
        _url(area.get("image_url"), 42044, "image_text_area.image_url")
        _target(area, "image_text_area")


def _button_interaction(card: Json) -> None:
    _card_action(card, required=False)
    buttons = _list(card, "button_list")
    if not 1 <= len(buttons) <= 6:
        raise refuse(40058, "button_list")
    for button in buttons:
        if not _filled(button.get("text")):
            raise refuse(42038)
        if button.get("type", 0) == 1:
            _url(button.get("url"), 42028, "button_list.url")
        elif not _filled(button.get("key")) or _bytes(button["key"]) > KEY_BYTES:
            raise refuse(42039)
        if button.get("style", 1) not in (1, 2, 3, 4):
            raise refuse(40058, "button_list.style")
    _distinct((b["key"] for b in buttons if b.get("type", 0) == 0), 42039)
    if card.get("button_selection"):
        _question(_object(card, "button_selection"), 10)


def _vote_interaction(card: Json) -> None:
    box = _object(card, "checkbox")
    _question(box, 20)
    if box.get("mode", 0) not in (0, 1):
        raise refuse(40058, "checkbox.mode")
    _submit(card)


def _multiple_interaction(card: Json) -> None:
    selects = _list(card, "select_list")
    if not 1 <= len(selects) <= 3:
        raise refuse(42047)
    for select in selects:
        _question(select, 10)
    _distinct((s["question_key"] for s in selects), 42043)
    _submit(card)


def _question(question: Json, most: int) -> None:
    key = question.get("question_key")
    if not _filled(key) or _bytes(key) > KEY_BYTES:
        raise refuse(42043)
    options = _list(question, "option_list")
    if not 1 <= len(options) <= most:
        raise refuse(42037)
    for option in options:
        if not _filled(option.get("id")) or _bytes(option["id"]) > OPTION_BYTES:
            raise refuse(42040)
        if not _filled(option.get("text")):
            raise refuse(42041)
    _distinct((o["id"] for o in options), 42040)


def _submit(card: Json) -> None:
    button = _object(card, "submit_button")
    if not _filled(button.get("key")) or _bytes(button["key"]) > KEY_BYTES:
        raise refuse(42046)
    if not _filled(button.get("text")):
        raise refuse(42049)


def _distinct(keys: Iterable[Any], errcode: int) -> None:
    found = list(keys)
    if len(set(found)) != len(found):
        raise refuse(errcode, "duplicate")


def _filled(value: Any) -> bool:
    if value is not None and not isinstance(value, str):
        raise _wrong_type(str(value))
    return bool(value)


def _wrong_type(what: str) -> Refusal:
    return refuse(40058, f"Warning: wrong json format. {what}")


def _bytes(value: Any) -> int:
    return len(str(value).encode())


def _object(owner: Json, name: str) -> Json:
    value = owner.get(name) or {}
    if not isinstance(value, dict):
        raise _wrong_type(name)
    return value


def _list(owner: Json, name: str) -> list[Json]:
    value = owner.get(name) or []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        raise _wrong_type(name)
    return value


BODIES: dict[str, Callable[[Json], None]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}
