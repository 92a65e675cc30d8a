"""Writes the two card builder export files beside it: `python -m bot.adapters.templates.build`.

The files are imported at https://open-dev.dingtalk.com/fe/card (新建模板 → 消息卡片 → 导入), saved and
published; the two ids go into ZHONGSHU_DINGTALK_FORM_TEMPLATE and _TASK_TEMPLATE. Both declare the same
variables, so one `render` fits a card of either template for its whole life; they differ in order: a form
asks first, a task tells first. Prop names are those of exports of the builder (schemaVersion 3.0.0):
open-dingtalk/dingtalk-card-examples (表单组件的使用与更新, 循环渲染容器之群接龙) for Form and Loop, public
exports for header, Tag and ButtonGroup.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Node = dict[str, Any]

VARIABLES = {
    "title": ("string", "标题"),
    "status_text": ("string", "状态，标题右侧的标签"),
    "tone": ("string", "open | done | refused | info"),
    "summary": ("string", "会话列表里的一行"),
    "body": ("markdown", "正文"),
    "rows": ("loopArray", "内容行：label、value"),
    "form": ("form", "要填写的表单"),
    "form_status": ("string", "normal | disabled"),
    "form_btn_text": ("string", "提交按钮的文字"),
    "form_action": ("string", "提交时回传的动作"),
    "form_token": ("string", "提交时回传的凭证"),
    "form_values": ("string", "提交时回传的参数，JSON"),
    "buttons": ("buttonGroup", "按钮"),
    "note": ("string", "底部说明：错误、结果、下一步"),
    "has_body": ("string", "true | false"),
    "has_rows": ("string", "true | false"),
    "has_form": ("string", "true | false"),
    "has_buttons": ("string", "true | false"),
    "has_note": ("string", "true | false"),
}
SCHEMAS = {
    "rows": {"label": "string", "value": "string"},
    "form": {"fields": "loopArray"},
    "buttons": {"text": "string", "color": "string", "status": "string", "event": "dynamicEvent"},
}
COLOR = "tone == 'done' ? 'green' :\n(tone == 'refused' ? 'red' :\n(tone == 'info' ? 'water' : 'blue'))"
ORDER = {
    "form": ("body", "rows", "form", "buttons", "note"),
    "task": ("rows", "body", "note", "form", "buttons"),
}
MOCK: dict[str, Any] = {
    "title": "费用报销",
    "status_text": "待填写",
    "tone": "open",
    "summary": "费用报销 等您填写",
    "body": "请填写后提交",
    "rows": [{"label": "申请人", "value": "李明"}],
    "form": {"fields": [{"name": "amount", "label": "金额", "type": "NUMBER", "required": True}]},
    "form_status": "normal",
    "form_btn_text": "提交",
    "form_action": "submit",
    "form_token": "",
    "form_values": "",
    "buttons": [{"text": "取消", "color": "gray", "status": "normal",
                 "event": {"type": "sendCardRequest",
                           "params": {"actionId": "cancel", "params": {"action": "cancel"}}}}],
    "note": "",
    **{f"has_{part}": "true" for part in ("body", "rows", "form", "buttons")},
    "has_note": "false",
}  # fmt: skip


def _text(content: str) -> Node:
    return {"type": "dynamicString", "content": content, "i18n": False}


def _variable(name: str, **more: Any) -> Node:
    return {"type": "variableValue", "variableType": "global", "variable": name, **more}


def _select(name: str, value: str) -> Node:
    return {
        "type": "dynamicSelect",
        "valueType": "variable",
        "value": value,
        "variable": name,
        "variableType": "global",
    }


def _visible(part: str = "") -> Node:
    """Always, or while the computed boolean `show_<part>` is true."""
    if not part:
        condition: Node = {"op": "and", "conditions": []}
        return {"type": "dynamicVisible", "value": True, "valueType": "fixed", "condition": condition}
    test = {
        "value": "",
        "op": "isTrue",
        "variable": f"show_{part}",
        "variableType": "global",
        "type": "variable",
        "valueType": "fixed",
        "valueVariableType": "global",
    }
    condition = {"op": "and", "conditions": [test]}
    return {"type": "dynamicVisible", "value": True, "valueType": "condition", "condition": condition}


def _node(kind: str, name: str, title: str, props: Node, children: list[Node] | None = None) -> Node:
    margins = {"marginLeft": 12, "marginRight": 12, "marginTop": 6, "marginBottom": 6, "innerOffset": 0}
    node: Node = {
        "componentName": kind,
        "id": f"node_{name}",
        "props": {**margins, **props},
        "title": title,
        "hidden": False,
        "isLocked": False,
        "condition": True,
        "conditionGroup": "",
    }
    return node if children is None else {**node, "children": children}


def _base_text(name: str, content: str, *, color: str, lines: int, visible: Node, width: int = 0) -> Node:
    def fixed(kind: str, value: str | int) -> Node:
        return {
            "type": kind,
            "valueType": "fixed",
            "value": value,
            "variable": "",
            "variableType": "global",
        }

    props = {
        "text": _text(content),
        "enableIcon": False,
        "widthMode": "fixed" if width else "match_parent",
        "fixedWidth": fixed("dynamicNumber", width),
        "maxLine": fixed("dynamicNumber", lines),
        "fontColorType": "Standard",
        "color": fixed("dynamicColor", color),
        "gravity": "left",
        "fontSizeType": "Standard",
        "styleType": "standard",
        "styleToken": "common_body_text_style",
        "visible": visible,
    }
    return _node("BaseText", name, "基础文本", props)


def _header() -> Node:
    tag = _node(
        "Tag",
        "tag",
        "标签",
        {
            "text": _text("${status_text}"),
            "color": _select("status_color", "blue"),
            "tagStyle": "hollow",
            "size": "small",
            "visible": _visible(),
        },
    )
    slot = {"type": "JSSlot", "title": "标题后内容", "id": "node_slot", "value": [tag]}
    props = {
        "title": _text("${title}"),
        "titleAfterSlot": slot,
        "color": _select("status_color", "blue"),
        "visible": _visible(),
    }
    return _node("CardHeaderV2", "header", "卡片头部", props)


def _body() -> Node:
    # varType is needed: without it the client leaves the block blank
    content = _variable("body", varType="markdown")
    props = {"mdVer": 0, "content": content, "visible": _visible("body"), "isStreaming": False}
    return _node("MarkdownBlock", "body", "富文本", props)


def _rows() -> Node:
    grey, black = "common_level2_base_color", "common_level1_base_color"
    label = _base_text("label", "${loop.label}", color=grey, lines=2, visible=_visible(), width=88)
    value = _base_text("value", "${loop.value}", color=black, lines=6, visible=_visible())
    line = _node(
        "Grid", "line", "布局容器", {"direction": "horizontal", "visible": _visible()}, [label, value]
    )
    props = {"listData": _variable("rows"), "direction": "vertical", "visible": _visible("rows")}
    return _node("Loop", "rows", "循环渲染", props, [line])


def _form() -> Node:
    # parameters instead of hidden fields: a client keeps what a same-named field held before an update
    bound = {"action": "form_action", "token": "form_token", "values": "form_values"}
    params = [
        {
            "type": "variable",
            "variable": variable,
            "value": "",
            "name": name,
            "variableType": "global",
            "id": name,
        }
        for name, variable in bound.items()
    ]
    props = {
        "id": "form",
        "formSchema": _variable("form"),
        "submitText": _text("${form_btn_text}"),
        "status": _select("form_status", "normal"),
        "actionType": "request",
        "params": params,
        "visible": _visible("form"),
        "customSubmitEvent": False,
    }
    return _node("Form", "form", "表单", props)


def _buttons() -> Node:
    props = {
        "buttonsSource": "variable",
        "dynamicButtons": _variable("buttons"),
        "fixedButtonIds": [],
        "fixedButtons": [],
        "buttonSpacing": 8,
        "enableResponsiveLayout": False,
        "matchContent": False,
        "visible": _visible("buttons"),
    }
    return _node("ButtonGroup", "buttons", "按钮组", props)


def _note() -> Node:
    return _base_text("note", "${note}", color="common_level3_base_color", lines=8, visible=_visible("note"))


PARTS = {"body": _body, "rows": _rows, "form": _form, "buttons": _buttons, "note": _note}


def _card(kind: str) -> Node:
    props = {
        "summaryContent": _variable("summary"),
        "enableClickEvent": False,
        "hasCardHeader": True,
        "autoFoldConfig": {"needFold": False, "heightLimit": 480},
    }
    children = [_header(), *(PARTS[part]() for part in ORDER[kind])]
    return {**_node("Card", "card", "", props, children), "fileName": kind, "dataSource": {"list": []}}


def _declared(name: str, kind: str, about: str) -> Node:
    declared: Node = {
        "id": name,
        "name": name,
        "type": kind,
        "private": False,
        "description": about,
        "editorVarType": "variables",
        "disabled": False,
    }
    if parts := SCHEMAS.get(name):
        declared["schema"] = [
            {"id": f"{name}.{part}", "name": part, "type": what, "private": False,
             "editorVarType": "variables", "disabled": True, "description": ""}
            for part, what in parts.items()
        ]  # fmt: skip
    return declared


def _computed(name: str, kind: str, expression: str) -> Node:
    return {
        "id": name,
        "name": name,
        "type": kind,
        "private": False,
        "expContent": expression,
        "editorVarType": "expList",
        "description": "",
    }


def _components(node: Node) -> set[str]:
    slot = node["props"].get("titleAfterSlot", {}).get("value", [])
    nested = [_components(child) for child in (*node.get("children", []), *slot)]
    return {node["componentName"]}.union(*nested)


def template(kind: str) -> Node:
    """The export file of `form` or `task`: an envelope with the editor's data as a JSON string."""
    card = _card(kind)
    shipped = {"package": "@ali/dxComponent", "version": "1.0.0", "main": "./src/index.tsx",
               "destructuring": False, "subName": ""}  # fmt: skip
    shown = [_computed(f"show_{part}", "boolean", f"has_{part} == 'true'") for part in PARTS]
    editor = {
        "schemaVersion": "3.0.0",
        "schema": {
            "version": "1.0.0",
            "componentsMap": [
                {**shipped, "exportName": name, "componentName": name} for name in sorted(_components(card))
            ],
            "componentsTree": [card],
            "i18n": {},
        },
        "mockData": {"cardData": MOCK, "cardPrivateData": {}, "localData": {}, "richTextData": {}},
        "renderContext": {},
        "editVersion": 0,
        "customWidgetInfo": "",
        "useCustomWidgetInfo": False,
        "variableList": [_declared(name, *what) for name, what in VARIABLES.items()],
        "expList": [_computed("status_color", "string", COLOR), *shown],
        "localList": [],
        "formList": [],
        "customContextList": [],
        "hsfList": [],
        "lwpList": [],
        "pageData": {},
        "extension": {"extendType": "NORMAL", "fileTypeList": []},
    }
    data = json.dumps(editor, ensure_ascii=False, separators=(",", ":"))
    return {"editorData": data, "widgetInfo": "", "type": "im", "mode": "card"}


def dump(kind: str) -> str:
    """The bytes of the file, stable over runs."""
    return json.dumps(template(kind), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for each in ORDER:
        (HERE / f"{each}.json").write_text(dump(each), encoding="utf-8")
