"""A card template as the builder exports it, small: header with status colour, text, image, form, buttons."""

import json
from typing import Any


def bound(name: str) -> dict[str, Any]:
    return {"type": "variableValue", "variableType": "global", "variable": name}


def text(content: str) -> dict[str, Any]:
    return {"type": "dynamicString", "content": content, "i18n": False}


def when(name: str, op: str, value: str = "") -> dict[str, Any]:
    clause = {"variable": name, "op": op, "value": value, "type": "variable", "valueType": "fixed"}
    return {
        "type": "dynamicVisible",
        "value": True,
        "valueType": "condition",
        "condition": {"op": "and", "conditions": [clause]},
    }


def part(name: str, id_: str, **props: Any) -> dict[str, Any]:
    return {"componentName": name, "id": id_, "props": props}


TREE = {
    "componentName": "Card",
    "id": "root",
    "props": {},
    "children": [
        part("CardHeaderV2", "head", title=text("${title}"), headerColor=bound("colour")),
        part("MarkdownBlock", "body", content=bound("body")),
        part(
            "Image", "chart", imageUrl={"type": "dynamicImage", "valueType": "variable", "variable": "chart"}
        ),
        part(
            "Form",
            "form",
            formSchema=bound("form"),
            submitText=text("${submit_text}"),
            status=bound("form_status"),
            visible=when("is_open", "isTrue"),
            params=[{"type": "fixed", "name": "token", "value": "${token}"}],
        ),
        part(
            "ButtonGroup",
            "buttons",
            dynamicButtons=bound("buttons"),
            visible=when("status", "notEqual", "gone"),
        ),
    ],
}
TYPES = {"body": "markdown", "form": "form", "buttons": "buttonGroup"}
NAMES = ("title", "body", "chart", "form", "submit_text", "form_status", "status", "buttons", "token")
EDITOR = {
    "schemaVersion": "3.0.0",
    "schema": {"componentsMap": [], "componentsTree": [TREE]},
    "variableList": [
        {"name": n, "type": TYPES.get(n, "string"), "private": n in ("form_status", "status", "form")}
        for n in NAMES
    ],
    "expList": [
        {"name": "is_open", "type": "boolean", "expContent": "status == 'open'"},
        {
            "name": "colour",
            "type": "string",
            "expContent": "status == 'open' ? 'blue' :\n(status == 'agreed' ? 'green' : 'red')",
        },
    ],
}
TEMPLATE = {"editorData": json.dumps(EDITOR), "widgetInfo": "", "type": "im", "mode": "card"}
