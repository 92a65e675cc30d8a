"""What the WeCom client shows of a template_card, and what its buttons send."""

from typing import Any

from sandbox.cloud import Json
from sandbox.drawn import Action, Drawing

STYLES = {1: "primary", 2: "default", 3: "default", 4: "danger"}
TINTS = {3: "done", 2: "refused"}


def draw(card: Json, replaced: str | None, chosen: dict[str, list[str]]) -> Drawing:
    """`replaced`: text of the one grey button that stands for all (None: buttons live); `chosen`: this
    member's selections.
    """
    drawing = Drawing()
    drawn = drawing.drawn
    title, source = card.get("main_title") or {}, card.get("source") or {}
    drawn["title"], drawn["subtitle"] = title.get("title") or "", title.get("desc") or ""
    drawn["rows"] = [_row(r) for r in card.get("horizontal_content_list") or []]
    drawn["rows"] += [
        {"label": v.get("title") or "", "value": v.get("desc") or "", "url": None}
        for v in card.get("vertical_content_list") or []
    ]
    drawn["markdown"] = "\n\n".join(_texts(card))
    drawn["image"] = (card.get("card_image") or {}).get("url") or (card.get("image_text_area") or {}).get(
        "image_url"
    )
    drawn["link"] = (card.get("card_action") or {}).get("url")
    drawn["note"] = str(source.get("desc") or "")
    drawn["selects"] = [_select(q, chosen) for q in questions(card)]
    drawn["menu"] = [
        {"key": a["key"], "text": a["text"]} for a in (card.get("action_menu") or {}).get("action_list") or []
    ]
    for entry in drawn["menu"]:
        drawing.actions[entry["key"]] = Action(entry["key"], {"menu": True})
    replaced = replaced or card.get("replace_text") or None
    _draw_buttons(drawing, card, replaced)
    live = replaced is None and (card.get("button_list") or card.get("submit_button"))
    drawn["tint"] = TINTS.get(source.get("desc_color") or 0, "open" if live else "info")
    return drawing


def _draw_buttons(drawing: Drawing, card: Json, replaced: str | None) -> None:
    buttons: list[Json] = list(card.get("button_list") or [])
    if submit := card.get("submit_button"):
        buttons.append({"text": submit.get("text") or "提交", "key": submit["key"], "style": 1})
    if replaced is not None and buttons:
        drawing.drawn["buttons"].append(
            {"key": "replaced", "text": replaced, "style": "default", "enabled": False, "url": None}
        )
        return
    for button in buttons:
        link = button.get("url") if button.get("type", 0) == 1 else None
        key = str(button.get("key") or f"link:{button['text']}")
        drawing.button(
            Action(key, url=link), str(button["text"]), STYLES.get(button.get("style", 1), "default")
        )
    for jump in card.get("jump_list") or []:
        if jump.get("type", 0) == 1:
            drawing.button(Action(f"link:{jump['title']}", url=jump["url"]), str(jump["title"]))


def _row(row: Json) -> Json:
    return {"label": row.get("keyname") or "", "value": row.get("value") or "", "url": row.get("url")}


def _texts(card: Json) -> list[str]:
    emphasis, quote, area = (card.get(n) or {} for n in ("emphasis_content", "quote_area", "image_text_area"))
    texts = []
    if emphasis.get("title"):
        texts.append(f"**{emphasis['title']}** {emphasis.get('desc') or ''}".strip())
    texts += [str(t) for t in (card.get("sub_title_text"), area.get("title"), area.get("desc")) if t]
    if quote.get("quote_text") or quote.get("title"):
        lines = f"{quote.get('title') or ''}\n{quote.get('quote_text') or ''}".strip().splitlines()
        texts.append("\n".join(f"> {line}" for line in lines))
    return texts


def questions(card: Json) -> list[Json]:
    """The selectors of a card in one form: drop-down beside buttons, vote, or up to three selectors."""
    found = [card["button_selection"]] if card.get("button_selection") else []
    if card.get("checkbox"):
        found.append({"vote": True, **card["checkbox"]})
    return found + list(card.get("select_list") or [])


def default_choice(question: Json) -> list[str]:
    """What is selected before anybody touches it: checked boxes, the selected_id, or the first option of a
    selector.
    """
    options = question["option_list"]
    if question.get("vote"):
        checked = [str(o["id"]) for o in options if o.get("is_checked") is True]
        return checked if question.get("mode", 0) == 1 else checked[:1]
    known = [str(o["id"]) for o in options]
    return [question["selected_id"]] if question.get("selected_id") in known else known[:1]


def _select(question: Json, chosen: dict[str, list[str]]) -> Json:
    key = str(question["question_key"])
    options: list[Any] = [{"value": str(o["id"]), "text": str(o["text"])} for o in question["option_list"]]
    return {
        "key": key,
        "title": question.get("title") or "",
        "multiple": question.get("mode", 0) == 1,
        "enabled": question.get("disable") is not True,
        "options": options,
        "value": chosen.get(key, default_choice(question)),
    }
