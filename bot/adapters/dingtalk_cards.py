"""DingTalk's side of the neutral model, pure: cards as template variables, callbacks as `Click`, `Said`.

Both our templates declare the same variables (`templates/build.py`), so the variables do not depend on the
template a card was created with, and its outTrackId is the caller's key as it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.adapters.dingtalk_forms import LIMIT, compact, form_json, read_form
from bot.cards import Button, Card, Click, Said, Style, Tone

NAME = "dingtalk"
TEXT_BYTES = 900
STATUS = {Tone.OPEN: "待处理", Tone.DONE: "已完成", Tone.REFUSED: "未通过", Tone.INFO: "通知"}
COLORS = {Style.PRIMARY: "blue", Style.NORMAL: "gray", Style.DANGER: "red"}
RESERVED = {"action", "actionId", "token", "values", "form", "current_form"}
Data = Mapping[str, Any]


class BadCallback(ValueError):
    """Not a callback as DingTalk sends them; the text is the reason, fit for a counter's label."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Where a message's answer goes: into the group by its session, to the person when `url` is empty."""

    to: str
    url: str = ""


# --- out: Card → template variables -----------------------------------------------------------------------


def render(card: Card) -> dict[str, str]:
    """`cardParamMap`: every variable of the template, all values text, plain ones within 900 bytes."""
    form, link_text = _form(card)
    buttons = _buttons(card, link_text)
    note = clip("\n".join([*_errors(card), *([card.note] if card.note else [])]))
    body = clip(_markdown(card.body))
    rows = _rows(card)
    submit = card.submit or Button("", "已提交" if form else "")
    return {
        "title": clip(card.title),
        "status_text": card.status or STATUS[card.tone],
        "tone": card.tone.value,
        "summary": summary(card),
        "body": body,
        "rows": compact(rows),
        "form": form or form_json(()),
        "form_status": "normal" if form and card.submit else "disabled",
        "form_btn_text": clip(submit.text),
        "form_action": submit.name,
        "form_token": card.token if card.submit else "",
        "form_values": compact(dict(submit.values)) if submit.values else "",
        "buttons": compact(buttons),
        "note": note,
        "has_body": _flag(body),
        "has_rows": _flag(rows),
        "has_form": _flag(form),
        "has_buttons": _flag(buttons),
        "has_note": _flag(note),
    }


def note_only(text: str) -> dict[str, str]:
    """Variables that change nothing but the note."""
    return {"note": clip(text), "has_note": _flag(text)}


def summary(card: Card) -> str:
    """The line of the conversation list and the notification."""
    return clip(card.summary or card.title, 200)


def is_form(card: Card) -> bool:
    """Whether the form template suits the card: it asks and nothing else is to be decided."""
    return card.submit is not None and not card.buttons


def clip(text: str, size: int = TEXT_BYTES) -> str:
    """The text within `size` UTF-8 bytes, cut between characters and marked by an ellipsis."""
    raw = text.encode()
    if len(raw) <= size:
        return text
    return raw[: size - len("…".encode())].decode(errors="ignore") + "…"


def page_link(url: str) -> str:
    """A link that DingTalk opens in its own browser, beside the chat on a computer."""
    return f"dingtalk://dingtalkclient/page/link?url={quote(url, safe='')}&pc_slide=true"


def response(variables: Mapping[str, str] | None) -> dict[str, Any]:
    """The synchronous answer to a press; each card has one reader, so everything is public data."""
    if variables is None:
        return {}
    return {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": {"cardParamMap": dict(variables)},
    }


def _flag(value: object) -> str:
    return "true" if value else "false"


def _form(card: Card) -> tuple[str, str]:
    """The form's JSON, "" when there is none or it is too long for a card; and the link button's text."""
    if not card.inputs:
        return "", card.link_text
    form = form_json(card.inputs)
    if len(form) > LIMIT and card.link:
        return "", "打开页面填写"
    return form, card.link_text


def _buttons(card: Card, link_text: str) -> list[dict[str, Any]]:
    buttons = [_button(each, card.token) for each in card.buttons]
    if card.link and all(one.url != card.link for one in card.buttons):
        buttons.append(_button(Button("link", link_text, url=card.link), ""))
    return buttons


def _button(button: Button, token: str) -> dict[str, Any]:
    if button.url:
        event: dict[str, Any] = {"type": "openLink", "params": {"url": page_link(button.url)}}
    else:
        # actionId comes back at the callback's top level on some clients only, so params repeat it
        params = {**button.values, "action": button.name, "token": token}
        event = {"type": "sendCardRequest", "params": {"actionId": button.name, "params": params}}
    return {"text": button.text, "color": COLORS[button.style], "status": "normal", "event": event}


def _errors(card: Card) -> list[str]:
    return [f"{one.label}：{one.error}" for one in card.inputs if one.error]


def _rows(card: Card) -> list[dict[str, str]]:
    """As many rows as stay within the limit; the last one says how many are left out."""
    rows: list[dict[str, str]] = []
    size = 0
    for number, row in enumerate(card.fields):
        drawn = {"label": clip(row.label, 90), "value": clip(row.value, 300)}
        size += len(compact(drawn))
        if size > LIMIT:
            rows.append({"label": "…", "value": f"另有 {len(card.fields) - number} 项，请看详情"})
            break
        rows.append(drawn)
    return rows


def _markdown(text: str) -> str:
    """Text for a Markdown block: line breaks kept, and no link or tag made of what somebody typed."""
    safe = text.replace("](", "] (").replace("<", "&lt;")
    return re.sub(r"(?<!\n)\n(?![\n|>*#-]|\d+\. )", "<br>", safe)


# --- in: callbacks → Click, Said --------------------------------------------------------------------------


def parse_click(data: Data, message_id: str) -> Click | None:
    """A press on one of our cards; None for a callback that is nobody's press (card bodies fire events).

    The actor is the callback's userId, never a form field. Raises BadCallback.
    """
    actor, card = _text(data, "userId"), _text(data, "outTrackId")
    if not actor or not card:
        raise BadCallback("no_user_or_card")
    content = _json(data.get("content") or data.get("value"))
    private = _mapping(content.get("cardPrivateData"))
    params = {**_mapping(content.get("params")), **_mapping(private.get("params"))}
    ids = private.get("actionIds") or content.get("actionIds") or []
    button = _action(params, data, ids)
    if not button:
        return None
    return Click(
        platform=NAME,
        actor=actor,
        card=card,
        button=button,
        delivery=_delivery(message_id, card, actor, ids, params),
        token=_text(params, "token"),
        values=_values(params),
        inputs=read_form(_mapping(params.get("form"))),
    )


def _action(params: Data, data: Data, ids: Any) -> str:
    named = _text(params, "action") or _text(params, "actionId") or _text(data, "actionId")
    if named or not isinstance(ids, list) or not ids:
        return named
    first = str(ids[0])
    # the ids of layout nodes name a component of the template, not an action
    return "" if first.startswith("node_") else first


def _values(params: Data) -> dict[str, str]:
    values = {key: str(value) for key, value in params.items() if key not in RESERVED and _scalar(value)}
    sent = params.get("values")
    if isinstance(sent, str) and sent:
        values |= {key: str(value) for key, value in _json(sent).items() if _scalar(value)}
    return values


def _scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _delivery(message_id: str, card: str, actor: str, ids: Any, params: Data) -> str:
    """Equal for each redelivery of one press; a second tap has another message id."""
    told = json.dumps([card, actor, ids, params], sort_keys=True, ensure_ascii=False)
    return f"{message_id}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def parse_said(data: Data) -> tuple[Said, Reply] | None:
    """What somebody of the organisation said to the bot, and where to answer; None for strangers.

    Pictures and files have an empty text, a voice message the text the platform recognised. Raises
    BadCallback.
    """
    delivery, actor = _text(data, "msgId"), _text(data, "senderStaffId")
    if not delivery:
        raise BadCallback("no_message_id")
    if not actor:
        return None
    in_group = data.get("conversationType") == "2"
    said = Said(
        platform=NAME,
        actor=actor,
        text=_words(data).strip(),
        delivery=delivery,
        name=_text(data, "senderNick"),
        group=(_text(data, "conversationTitle") or "群聊") if in_group else "",
        group_id=_text(data, "conversationId") if in_group else "",
    )
    return said, Reply(actor, _text(data, "sessionWebhook") if in_group else "")


def _words(data: Data) -> str:
    content = _mapping(data.get("content"))
    match data.get("msgtype"):
        case "text":
            return _text(_mapping(data.get("text")), "content")
        case "richText":
            parts = content.get("richText")
            return "".join(_text(_mapping(part), "text") for part in parts) if isinstance(parts, list) else ""
        case "audio":
            return _text(content, "recognition")
        case _:
            return ""


def _text(data: Data, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Data:
    return value if isinstance(value, dict) else {}


def _json(value: object) -> Data:
    """An object that comes as JSON text, or (tolerated) as an object. Raises BadCallback."""
    if isinstance(value, dict):
        return value
    try:
        parsed = json.loads(value) if isinstance(value, str) and value else {}
    except (ValueError, RecursionError) as mistake:
        raise BadCallback("content_not_json") from mistake
    return _mapping(parsed)
