"""What the DingTalk client shows of a card: the template's components in order, filled with one user's
effective values.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox import dingtalk_form
from sandbox.dingtalk_template import Component, Template, Values, text_of, value_of, visible
from sandbox.drawn import Action, Drawing
from sandbox.media import media_url

STYLES = {"blue": "primary", "red": "danger"}
TINTS = {
    "green": "done",
    "red": "refused",
    "orange": "open",
    "blue": "open",
    "purple": "open",
    "gray": "info",
    "water": "info",
    "grey": "info",
    "open": "open",
    "done": "done",
    "refused": "refused",
    "info": "info",
}
LABEL_KEYS, VALUE_KEYS = ("label", "name", "title", "key"), ("value", "text", "content")


class _Painter:
    def __init__(self, values: Values, typed: Mapping[str, Any]) -> None:
        self.values = values
        self.typed = typed
        self.drawing = Drawing()
        self.paragraphs: list[str] = []
        self.notes: list[str] = []
        self.tinted = False

    def paint(self, component: Component) -> None:
        if not visible(component, self.values):
            return
        brush = BRUSHES.get(component.name)
        if brush:
            brush(self, component)
        if component.name not in LEAVES:
            for child in component.children:
                self.paint(child)

    def text(self, component: Component, *names: str) -> str:
        return next((t for n in names if (t := text_of(component.props.get(n), self.values))), "")


def draw(template: Template, texts: Mapping[str, str], typed: Mapping[str, Any]) -> Drawing:
    """`texts`: the user's effective string map; `typed`: plain values that stand in the client's form
    fields.
    """
    values, wrong = template.values(texts)
    painter = _Painter(values, typed)
    painter.paint(template.root)
    drawing = painter.drawing
    drawing.drawn["markdown"] = "\n\n".join(painter.paragraphs)
    drawing.drawn["note"] = "\n".join([*painter.notes, *wrong])
    if not painter.tinted:
        drawing.drawn["tint"] = "info" if drawing.dead else "open"
    return drawing


def _header(painter: _Painter, component: Component) -> None:
    drawn = painter.drawing.drawn
    drawn["title"] = drawn["title"] or painter.text(component, "title", "text")
    drawn["subtitle"] = drawn["subtitle"] or painter.text(component, "subTitle", "subtitle", "desc")
    for name, prop in component.props.items():
        if isinstance(prop, dict) and ("color" in name.lower() or "status" in name.lower()):
            tint = TINTS.get(str(value_of(prop, painter.values)))
            if tint and prop.get("variable"):
                drawn["tint"], painter.tinted = tint, True


def _text(painter: _Painter, component: Component) -> None:
    text = painter.text(component, "text", "content", "title")
    if text:
        (painter.notes if _is_small_print(component, painter.values) else painter.paragraphs).append(text)


def _is_small_print(component: Component, values: Values) -> bool:
    """Text in one of the builder's lighter greys."""
    return "level3" in text_of(component.props.get("color"), values)


def _card(painter: _Painter, component: Component) -> None:
    painter.drawing.summary = painter.text(component, "summaryContent")


def _tag(painter: _Painter, component: Component) -> None:
    drawn = painter.drawing.drawn
    drawn["status"] = drawn["status"] or painter.text(component, "text", "content", "title")


def _image(painter: _Painter, component: Component) -> None:
    source = painter.text(component, "imageUrl", "image", "url", "src", "content")
    if source:
        painter.drawing.drawn["image"] = media_url(source)


def _loop(painter: _Painter, component: Component) -> None:
    """Rows of label and value; an array of anything else shows as lines."""
    bound = next(
        (v for p in component.props.values() if isinstance(v := value_of(p, painter.values), list)), []
    )
    for item in bound:
        if not isinstance(item, dict):
            painter.paragraphs.append(str(item))
            continue
        label = next((str(item[k]) for k in LABEL_KEYS if item.get(k) not in (None, "")), "")
        value = next((str(item[k]) for k in VALUE_KEYS if item.get(k) not in (None, "")), "")
        painter.drawing.drawn["rows"].append({"label": label, "value": value, "url": item.get("url")})


def _form(painter: _Painter, component: Component) -> None:
    form = value_of(component.props.get("formSchema"), painter.values)
    fields = dingtalk_form.fields_of(form)
    shown = [dingtalk_form.drawn_field(f, painter.typed) for f in fields if not f.get("hidden")]
    if not fields:
        return
    own = [c for c in component.children if visible(c, painter.values)]
    custom = value_of(component.props.get("customSubmitEvent"), painter.values) is True
    sender = (
        next((c for c in own if any(p.get("name") == "form" for p in _params(c))), None) if custom else None
    )
    submit = painter.text(sender, "text", "title") if sender else painter.text(component, "submitText")
    enabled = text_of(component.props.get("status"), painter.values) != "disabled" and (
        not custom or sender is not None
    )
    key = (
        (sender and text_of(sender.props.get("actionId"), painter.values))
        or painter.text(component, "id")
        or component.id
    )
    painter.drawing.drawn["form"] = {
        "key": key,
        "submit": submit or "提交",
        "enabled": enabled,
        "fields": shown,
    }
    source = sender or component
    painter.drawing.actions[key] = Action(key, _param_values(source, painter.values), form=True)
    for child in own:
        if child is not sender:
            painter.paint(child)


def _params(component: Component) -> list[Mapping[str, Any]]:
    return [p for p in component.props.get("params") or [] if isinstance(p, dict) and p.get("name")]


def _param_values(component: Component, values: Values) -> dict[str, Any]:
    return {str(p["name"]): value_of(p, values) for p in _params(component) if p["name"] != "form"}


def _buttons(painter: _Painter, component: Component) -> None:
    source = component.props.get("dynamicButtons")
    dynamic = value_of(source, painter.values) if source else None
    buttons = dynamic if isinstance(dynamic, list) else component.props.get("fixedButtons") or []
    for raw in buttons:
        if isinstance(raw, dict):
            _dynamic_button(painter, raw)


def _dynamic_button(painter: _Painter, raw: Mapping[str, Any]) -> None:
    event = raw.get("event") if isinstance(raw.get("event"), dict) else {}
    params = (event or {}).get("params") or {}
    text = str(raw.get("text") or "")
    enabled = raw.get("status", "normal") != "disabled"
    style = STYLES.get(str(raw.get("color")), "default")
    if (event or {}).get("type") == "openLink":
        action = Action(f"link:{text}", url=inner_url(str(params.get("url") or "")))
    else:
        action = Action(str(params.get("actionId") or text), params.get("params") or {})
    painter.drawing.button(action, text, style, enabled=enabled)


def _single_button(painter: _Painter, component: Component) -> None:
    text = painter.text(component, "text", "title")
    enabled = text_of(component.props.get("status"), painter.values) != "disabled"
    style = STYLES.get(painter.text(component, "color", "buttonColor"), "default")
    if text_of(component.props.get("actionType"), painter.values) == "url":
        action = Action(component.id, url=inner_url(painter.text(component, "url")))
    else:
        key = text_of(component.props.get("actionId"), painter.values) or component.id
        action = Action(key, _param_values(component, painter.values))
    painter.drawing.button(action, text, style, enabled=enabled)


def inner_url(url: str) -> str:
    """The page inside a dingtalk://…/page/link?url=… link; other links unchanged."""
    parts = urlsplit(url)
    if parts.scheme == "dingtalk":
        return parse_qs(parts.query).get("url", [url])[0]
    return url


LEAVES = frozenset({"Form", "Loop"})
BRUSHES: dict[str, Callable[[_Painter, Component], None]] = {
    "Card": _card,
    "CardHeaderV2": _header,
    "CardHeader": _header,
    "BaseText": _text,
    "Text": _text,
    "MarkdownBlock": _text,
    "Markdown": _text,
    "Tag": _tag,
    "Image": _image,
    "Loop": _loop,
    "Form": _form,
    "ButtonGroup": _buttons,
    "ButtonList": _buttons,
    "SingleButton": _single_button,
    "Button": _single_button,
}
