"""The neutral Card → a WeCom `template_card`. Pure; what a card cannot hold leads to the H5 page.

No WeCom card has a text field, a date picker or an upload. A card with one drop-down is a
`button_interaction`, one with two or three is a `multiple_interaction`; every other input is filled in on the
page behind `Card.link`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.adapters import wecom_limits as limits
from bot.adapters.wecom_limits import NOBODY, clip
from bot.adapters.wecom_xml import button_key
from bot.cards import Button, Card, Field, Input, InputKind, Style, Tone

TemplateCard = dict[str, Any]

_STYLES = {Style.PRIMARY: 1, Style.NORMAL: 2, Style.DANGER: 4}
_COLOURS = {Tone.INFO: 0, Tone.OPEN: 1, Tone.REFUSED: 2, Tone.DONE: 3}
_SOURCES = {
    Tone.INFO: "中枢 · 通知",
    Tone.OPEN: "中枢 · 待处理",
    Tone.REFUSED: "中枢 · 已拒绝",
    Tone.DONE: "中枢 · 已完成",
}
_CLOSED = {Tone.INFO: "无需处理", Tone.OPEN: "处理中", Tone.REFUSED: "已拒绝", Tone.DONE: "已处理"}


def render(card: Card, task_id: str, home: str = "") -> TemplateCard:
    """The card for `message/send`; raises ValueError when the platform would refuse it.

    task_id  our key, unique for ever within the app
    home     the product's own address: completes links that begin with a slash, and opens from a notice
    """
    drawn = _draw(card, home)
    if drawn["card_type"] != "text_notice":
        drawn["task_id"] = task_id
    limits.check(drawn)
    return drawn


def render_update(card: Card, home: str = "") -> TemplateCard:
    """The card that replaces a sent one; without buttons it is the same kind with one grey, dead button.

    A notice in the place of a card with buttons does not surely disable them, so the kind stays.
    """
    drawn = _draw(card, home)
    if drawn["card_type"] == "text_notice":
        drawn = _closed(card, home)
    limits.check(drawn, update=True)
    return drawn


def _draw(card: Card, home: str) -> TemplateCard:
    if _is_multiple(card):
        return _multiple(card)
    buttons, menu = _presses(card, home)
    if not buttons:
        return _notice(card, home)
    drawn = _content(card, home, "button_interaction")
    choice = _choice_of(card)
    if choice:
        drawn["button_selection"] = _drop_down(choice)
    drawn["button_list"] = buttons
    if menu:
        drawn["action_menu"] = {"desc": "更多操作", "action_list": menu}
    return drawn


def _closed(card: Card, home: str) -> TemplateCard:
    drawn = _content(card, home, "button_interaction")
    text = _CLOSED[card.tone]
    drawn["button_list"] = [{"text": text, "style": 2, "key": "closed"}]
    drawn["replace_text"] = text
    return drawn


def _notice(card: Card, home: str) -> TemplateCard:
    drawn = _content(card, home, "text_notice")
    link = _absolute(card.link, home)
    if link:
        title = clip(card.link_text, limits.JUMP_TITLE) or "查看详情"
        drawn["jump_list"] = [{"type": 1, "title": title, "url": link}]
    return drawn


def _multiple(card: Card) -> TemplateCard:
    """Two or three drop-downs and a submit; this kind has room for a head only."""
    submit = card.submit
    assert submit is not None  # noqa: S101  _is_multiple has looked
    rows = "，".join(f"{row.label} {row.value}" for row in _rows(card))
    errors = "；".join(f"{one.label}：{one.error}" for one in card.inputs if one.error)
    return {
        "card_type": "multiple_interaction",
        **_head(card, errors or card.note or card.body or rows),
        "select_list": [_drop_down(one) for one in _asked(card)],
        "submit_button": {
            "text": clip(submit.text, limits.BUTTON_TEXT),
            "key": button_key(submit, card.token),
        },
    }


def _head(card: Card, desc: str) -> TemplateCard:
    title = {"title": clip(card.title, limits.TITLE)}
    if desc:
        title["desc"] = clip(desc, limits.DESC)
    source = {
        "desc": f"中枢 · {card.status}" if card.status else _SOURCES[card.tone],
        "desc_color": _COLOURS[card.tone],
    }
    return {"source": source, "main_title": title}


def _content(card: Card, home: str, kind: str) -> TemplateCard:
    """What notices and cards with buttons share: head, rows, text, and the page behind the card."""
    short = len(card.note) <= limits.DESC
    rows = _rows(card)
    lines = [] if short else [card.note]
    lines += [f"{one.label}：{one.error}" for one in card.inputs if one.error]
    lines += [card.body, *(f"{row.label}：{row.value}" for row in rows[limits.ROWS :])]
    text = clip("\n".join(line for line in lines if line), limits.SUB_TITLE)
    drawn: TemplateCard = {"card_type": kind, **_head(card, card.note if short else "")}
    if text:
        drawn["sub_title_text"] = text
    if rows:
        drawn["horizontal_content_list"] = [_row(row) for row in rows[: limits.ROWS]]
    link = _absolute(card.link, home) or home
    if link and (kind == "text_notice" or card.link):
        drawn["card_action"] = {"type": 1, "url": link}
    return drawn


def _row(row: Field) -> dict[str, str]:
    return {
        "keyname": clip(row.label, limits.ROW_LABEL),
        "value": clip(row.value, limits.ROW_VALUE) or "—",
    }


def _rows(card: Card) -> list[Field]:
    """The card's rows, and the values of inputs that cannot be changed here."""
    asked = _asked(card)
    shown = [one for one in card.inputs if one not in asked and one.value not in (None, "", ())]
    rows = [*card.fields, *(Field(one.label, _shown(one)) for one in shown)]
    return [row for row in rows if clip(row.label, limits.ROW_LABEL)]


def _shown(one: Input) -> str:
    if isinstance(one.value, bool):
        return "是" if one.value else "否"
    values = one.value if isinstance(one.value, tuple) else (one.value or "",)
    texts = {option.value: option.text for option in one.options}
    return "、".join(texts.get(value, value) for value in values)


def _asked(card: Card) -> tuple[Input, ...]:
    """The inputs that this card can hold as drop-downs; all others are left to the page."""
    if _is_multiple(card):
        return tuple(one for one in card.inputs if not one.readonly)
    choice = _choice_of(card)
    return (choice,) if choice else ()


def _is_multiple(card: Card) -> bool:
    open_inputs = [one for one in card.inputs if not one.readonly]
    fits = 2 <= len(open_inputs) <= limits.SELECTS and all(_fits(one) for one in open_inputs)
    return fits and card.submit is not None and not card.submit.url


def _choice_of(card: Card) -> Input | None:
    """The card's one drop-down, if it has exactly one."""
    choices = [one for one in card.inputs if not one.readonly and _fits(one)]
    return choices[0] if len(choices) == 1 else None


def _fits(one: Input) -> bool:
    ids = [option.value for option in one.options]
    return (
        one.kind is InputKind.SELECT
        and 1 <= len(ids) <= limits.OPTIONS
        and len(set(ids)) == len(ids)
        and all(1 <= len(value.encode()) <= limits.OPTION_BYTES for value in ids)
        and all(option.text.strip() for option in one.options)
    )


def _drop_down(one: Input) -> TemplateCard:
    """A selector; where nothing is chosen yet and there is room, its first line says so.

    Without that line the client silently sends the first option.
    """
    options = [{"id": o.value, "text": clip(o.text, limits.OPTION_TEXT)} for o in one.options]
    chosen = one.value if any(o.value == one.value for o in one.options) else None
    if len(options) < limits.OPTIONS and (chosen is None or not one.required):
        options.insert(0, {"id": NOBODY, "text": "请选择" if one.required else "不选"})
    selected = chosen or options[0]["id"]
    return {
        "question_key": one.key,
        "title": clip(one.label, limits.TITLE) or one.key,
        "option_list": options,
        "selected_id": selected,
    }


def _presses(card: Card, home: str) -> tuple[list[TemplateCard], list[TemplateCard]]:
    """The button row with the way to the page, and the ⋯ menu with callback buttons that found no room."""
    opener = _opener(card, home)
    presses = [*([card.submit] if _may_submit(card) and card.submit else []), *card.buttons]
    room = limits.BUTTONS - (1 if opener else 0)
    row = [_button(one, card.token, home) for one in presses[:room]]
    rest = [one for one in presses[room:] if not one.url][: limits.MENU_ENTRIES]
    menu = [{"text": clip(o.text, limits.BUTTON_TEXT), "key": button_key(o, card.token)} for o in rest]
    return (row + ([opener] if opener and (row or _left_out(card)) else [])), menu


def _left_out(card: Card) -> Sequence[Input]:
    asked = _asked(card)
    return [one for one in card.inputs if not one.readonly and one not in asked]


def _may_submit(card: Card) -> bool:
    """False while something required is empty that only the page can take: the press could only fail."""
    return not any(one.required and one.value in (None, "", ()) for one in _left_out(card))


def _opener(card: Card, home: str) -> TemplateCard | None:
    link = _absolute(card.link, home)
    if not link or any(one.url == card.link for one in card.buttons):
        return None
    text = "填写" if _left_out(card) else clip(card.link_text, limits.BUTTON_TEXT) or "查看详情"
    style = _STYLES[Style.PRIMARY if _left_out(card) and not _may_submit(card) else Style.NORMAL]
    return {"type": 1, "text": text, "style": style, "url": link}


def _button(button: Button, token: str, home: str) -> TemplateCard:
    drawn: TemplateCard = {"text": clip(button.text, limits.BUTTON_TEXT), "style": _STYLES[button.style]}
    if button.url:
        return {"type": 1, **drawn, "url": _absolute(button.url, home)}
    return {**drawn, "key": button_key(button, token)}


def _absolute(link: str, home: str) -> str:
    return home.rstrip("/") + link if link.startswith("/") and home else link
