"""A DingTalk card template as the card builder exports it.

It holds the variables, the computed variables, the component tree and its conditions. File: {"editorData":
"<JSON string>", "type": "im", "mode": "card"}; inside: schema.componentsTree, variableList[{name, type,
private}],
expList[{name, expContent}]. Property values come as dynamicString with ${variable}, as variableValue, or as
{valueType: fixed | variable, value, variable}; `visible` as {valueType: fixed | variable | condition,
condition: {op, conditions}}.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = Mapping[str, Any]
JSON_TYPES = frozenset(
    {"object", "array", "loopArray", "form", "buttonGroup", "chart", "table", "selectOptions", "user"}
)
_PLACE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Variable:
    name: str
    type: str
    private: bool


@dataclass(frozen=True)
class Component:
    id: str
    name: str
    props: Mapping[str, Any]
    children: tuple["Component", ...]


@dataclass(frozen=True)
class Template:
    """`published` false: known to the platform, refused when a card is created from it."""

    id: str
    root: Component
    variables: Mapping[str, Variable]
    computed: tuple[tuple[str, str], ...]
    published: bool = True

    def values(self, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        """Typed values of a card's string map, computed variables included; and what does not match its
        type.
        """
        typed: dict[str, Any] = {}
        wrong = []
        for name, text in texts.items():
            variable = self.variables.get(name)
            if variable is None:
                continue
            try:
                typed[name] = typed_value(variable.type, text)
            except ValueError:
                wrong.append(f"变量 {name} 的值不是 {variable.type}")
        for name, expression in self.computed:
            typed[name] = evaluate(expression, typed)
        return typed, wrong

    def undeclared(self, names: Iterator[str] | Mapping[str, Any]) -> list[str]:
        return [f"模板没有变量 {name}" for name in names if name not in self.variables]


def typed_value(type_: str, text: str) -> Any:
    """One string of cardParamMap as its variable's type. Raises ValueError when it is not that type."""
    if type_ in JSON_TYPES or type_.startswith("array"):
        value = json.loads(text) if text else None
        wanted = list if type_ in ("array", "loopArray", "buttonGroup", "selectOptions") else (dict, list)
        if value is not None and not isinstance(value, wanted):
            raise ValueError(type_)
        return value
    if type_ == "boolean":
        if text not in ("true", "false", "1", "0", ""):
            raise ValueError(text)
        return text in ("true", "1")
    if type_ == "number":
        return float(text) if text else None
    return text


def load(template_id: str, path: Path, *, published: bool = True) -> Template:
    """Read an export file. Raises ValueError when it is not one."""
    try:
        return parse(template_id, json.loads(path.read_text(encoding="utf-8")), published=published)
    except (KeyError, TypeError, IndexError, AttributeError) as mistake:
        raise ValueError(f"{path}: 不是卡片搭建器的导出文件 ({mistake!r})") from mistake


def parse(template_id: str, raw: Mapping[str, Any], *, published: bool = True) -> Template:
    editor = json.loads(raw["editorData"]) if isinstance(raw["editorData"], str) else raw["editorData"]
    variables = {
        v["name"]: Variable(v["name"], v.get("type") or "string", bool(v.get("private")))
        for v in editor.get("variableList") or []
    }
    computed = tuple((e["name"], e.get("expContent") or "") for e in editor.get("expList") or [])
    return Template(
        template_id, _component(editor["schema"]["componentsTree"][0]), variables, computed, published
    )


def _component(raw: Mapping[str, Any]) -> Component:
    props = raw.get("props") or {}
    slots = [
        child
        for p in props.values()
        if isinstance(p, dict) and p.get("type") == "JSSlot"
        for child in p.get("value") or []
    ]
    children = [*slots, *(raw.get("children") or [])]
    return Component(raw.get("id") or "", raw["componentName"], props, tuple(_component(c) for c in children))


def text_of(prop: Any, values: Values) -> str:
    """A property as text: literal, `${variable}` text, or bound variable."""
    value = value_of(prop, values)
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def value_of(prop: Any, values: Values) -> Any:
    if not isinstance(prop, dict):
        return _filled(prop, values) if isinstance(prop, str) else prop
    if "content" in prop and prop.get("type") == "dynamicString":
        return _filled(str(prop["content"] or ""), values)
    if (
        prop.get("type") == "variableValue"
        or prop.get("valueType") == "variable"
        or prop.get("type") == "variable"
    ):
        return _look(str(prop.get("variable") or ""), values)
    return _filled(prop["value"], values) if isinstance(prop.get("value"), str) else prop.get("value")


def _filled(text: str, values: Values) -> str:
    def put(match: re.Match[str]) -> str:
        found = _look(match[1].strip(), values)
        return (
            ""
            if found is None
            else json.dumps(found, ensure_ascii=False)
            if isinstance(found, dict | list)
            else str(found)
        )

    return _PLACE.sub(put, text)


def _look(path: str, values: Values) -> Any:
    """`a` or `a.b` in the values; None when there is none."""
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def visible(component: Component, values: Values) -> bool:
    prop = component.props.get("visible")
    if prop is None or isinstance(prop, bool):
        return prop is not False
    if not isinstance(prop, dict):
        return bool(evaluate(str(prop), values))
    if prop.get("valueType") == "condition":
        return _condition(prop.get("condition") or {}, values)
    if prop.get("valueType") == "variable" or prop.get("type") == "variableValue":
        return truthy(_look(str(prop.get("variable") or ""), values))
    return prop.get("value") is not False


def _condition(condition: Mapping[str, Any], values: Values) -> bool:
    parts = [_clause(c, values) for c in condition.get("conditions") or []]
    return any(parts) if condition.get("op") == "or" and parts else all(parts)


def _clause(clause: Mapping[str, Any], values: Values) -> bool:
    if "conditions" in clause:
        return _condition(clause, values)
    left = _look(str(clause.get("variable") or ""), values)
    right = clause.get("value")
    if clause.get("valueType") == "variable":
        right = _look(str(clause.get("valueVariable") or right or ""), values)
    match str(clause.get("op")).lower():
        case "istrue" | "isnotempty" | "notempty" | "exist":
            return truthy(left)
        case "isfalse" | "isempty" | "empty" | "notexist":
            return not truthy(left)
        case "notequal" | "!=" | "ne" | "isnotequal":
            return _same_text(left) != _same_text(right)
        case _:
            return _same_text(left) == _same_text(right)


def _same_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def truthy(value: Any) -> bool:
    return bool(value) and value not in ("false", "0")


_TOKEN = re.compile(
    r"\s*(?:'([^']*)'|\"([^\"]*)\"|(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(===|!==|==|!=|&&|\|\||[!?:()<>]))"
)


def evaluate(expression: str, values: Values) -> Any:
    """A computed variable's value: ==, !=, !, &&, ||, ?:, brackets, texts, numbers, variables; None when
    it is anything else.
    """
    tokens = list(_TOKEN.finditer(expression))
    if "".join(m[0] for m in tokens).strip() != expression.strip():
        return None
    return _Expression(tokens, values).ternary()


class _Expression:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: list[re.Match[str]], values: Values) -> None:
        self._tokens = tokens
        self._values = values
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at][5] or "" if self._at < len(self._tokens) else ""

    def _skip(self, *wanted: str) -> str:
        sign = self._peek()
        if sign and sign in wanted:
            self._at += 1
            return sign
        return ""

    def ternary(self) -> Any:
        test = self._either()
        if not self._skip("?"):
            return test
        yes = self.ternary()
        self._skip(":")
        no = self.ternary()
        return yes if truthy(test) else no

    def _either(self) -> Any:
        left = self._both()
        while self._skip("||"):
            right = self._both()
            left = left if truthy(left) else right
        return left

    def _both(self) -> Any:
        left = self._compared()
        while self._skip("&&"):
            right = self._compared()
            left = right if truthy(left) else left
        return left

    def _compared(self) -> Any:
        left = self._single()
        sign = self._skip("==", "===", "!=", "!==")
        if not sign:
            return left
        same = _same_text(left) == _same_text(self._single())
        return same if sign.startswith("=") else not same

    def _single(self) -> Any:
        if self._skip("!"):
            return not truthy(self._single())
        if self._skip("("):
            inner = self.ternary()
            self._skip(")")
            return inner
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        self._at += 1
        return self._literal(token)

    def _literal(self, token: re.Match[str]) -> Any:
        if token[4]:
            words = {"true": True, "false": False, "null": None, "undefined": None}
            return words[token[4]] if token[4] in words else _look(token[4], self._values)
        if token[3]:
            return float(token[3]) if "." in token[3] else int(token[3])
        return token[1] if token[1] is not None else token[2]
