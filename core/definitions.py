"""Definitions as text: YAML with several documents → models, every mistake at once with line, path and sentence.

The kind of a document is the key that holds its own key: `form:`, `flow:`, `rule:`, `report:` or `options:`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import Problem
from core.flows.definition import Authority, Flow
from core.forms.definition import Form
from core.forms.optionset import OptionSet
from core.reports.definition import Report
from core.rules.aggregate import Aggregate
from core.rules.definition import Rule
from core.rules.table import DecisionTable

# A flow, rule or report may name a form by `form:`, so the form itself comes last.
MODELS: dict[str, type[BaseModel]] = {
    "flow": Flow,
    "authority": Authority,
    "rule": Rule,
    "report": Report,
    "aggregate": Aggregate,
    "table": DecisionTable,
    "options": OptionSet,
    "form": Form,
}
KIND_NAMES = {
    "form": "表单",
    "flow": "流程",
    "rule": "规则",
    "report": "报表",
    "authority": "授权表",
    "aggregate": "聚合表",
    "table": "决策表",
    "options": "选项集",
}
STARTS = "、".join(f"{one}:" for one in KIND_NAMES)
LONGEST = 500_000

Model = Form | Flow | Rule | Report | Authority | Aggregate | DecisionTable | OptionSet


@dataclass(frozen=True)
class Place:
    """Where a part of the text stands; 1-based."""

    line: int
    column: int


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with a text, where, and as a sentence."""

    line: int
    column: int
    path: str
    message: str
    level: str = "error"

    def problem(self, file: str = "") -> Problem:
        """As a problem of the error tree; its path reads `file:line path`."""
        return Problem(f"{file}:{self.line} {self.path}".strip(), self.message)


@dataclass(frozen=True)
class Parsed:
    """One definition of a text: its model, its own piece of the text, and where each part stands."""

    kind: str
    key: str
    model: Model
    source: str
    places: Mapping[str, Place]

    @property
    def title(self) -> str:
        """What people call it."""
        return str(getattr(self.model, "title", "") or self.key)

    def at(self, path: str) -> Place:
        """The place of a path, or of the nearest part around it."""
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        return self.places.get(path, Place(1, 1))


# YAML 1.1 reads the words on, off, yes and no as truth values; as a property's name (`off: true`) they are words.
BOOL, STR = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:str"


def parse(text: str) -> tuple[list[Parsed], list[Mistake]]:
    """All definitions of a text and all its mistakes; a document with mistakes is left out."""
    if len(text) > LONGEST:
        return [], [Mistake(1, 1, "", f"定义太长，最多 {LONGEST // 1000} 千字")]
    try:
        nodes = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.YAMLError as error:
        return [], [_syntax(error)]
    found: list[Parsed] = []
    mistakes: list[Mistake] = []
    for index, node in enumerate(nodes):
        end = nodes[index + 1].start_mark.line if index + 1 < len(nodes) else None
        _document(text, node, end, found, mistakes)
    if not nodes:
        mistakes.append(Mistake(1, 1, "", f"这里还没有定义，请以 {STARTS} 开头"))
    return found, mistakes


def _document(
    text: str, node: yaml.Node, end: int | None, found: list[Parsed], mistakes: list[Mistake]
) -> None:
    places: dict[str, Place] = {}
    _locate(node, "", places, mistakes)
    value = _construct(node)
    line = node.start_mark.line + 1
    kind = next((name for name in MODELS if isinstance(value, dict) and name in value), None)
    if kind is None:
        mistakes.append(Mistake(line, 1, "", f"每个定义要以 {STARTS} 开头"))
        return
    try:
        model = cast("Model", MODELS[kind].model_validate(value))
    except ValidationError as error:
        mistakes += [_mistake(one, places, line) for one in error.errors()]
        return
    found.append(Parsed(kind, model.key, model, _piece(text, node, end), places))


def _construct(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _locate(node: yaml.Node, path: str, places: dict[str, Place], mistakes: list[Mistake]) -> None:
    places[path] = Place(node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag == BOOL:
                key.tag = STR
            name = str(key.value)
            if name in seen:
                place = Place(key.start_mark.line + 1, key.start_mark.column + 1)
                mistakes.append(Mistake(place.line, place.column, path, f"「{name}」写了两次"))
            seen.add(name)
            _locate(value, f"{path}.{name}".lstrip("."), places, mistakes)
            places[f"{path}.{name}".lstrip(".")] = Place(key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _locate(value, f"{path}.{index}".lstrip("."), places, mistakes)


def _piece(text: str, node: yaml.Node, end: int | None) -> str:
    """The lines of one document, with the comments around it, without the `---` lines."""
    lines = text.splitlines(keepends=True)
    start = node.start_mark.line
    while start > 0 and not lines[start - 1].startswith("---"):
        start -= 1
    stop = start
    limit = len(lines) if end is None else end
    while stop < limit and not (stop > start and lines[stop].startswith("---")):
        stop += 1
    return "".join(lines[start:stop]).strip("\n") + "\n"


def _syntax(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Mistake(
        line,
        column,
        "",
        f"YAML 写法不对：{getattr(error, 'problem', None) or '无法识别'}（检查缩进、冒号后的空格和引号）",
    )


# Pydantic's own messages are English; these are the ones that people meet.
_SENTENCES: dict[str, str] = {
    "missing": "缺少「{name}」",
    "extra_forbidden": "不认识「{name}」",
    "string_type": "「{name}」应当是文字",
    "int_type": "「{name}」应当是整数",
    "int_parsing": "「{name}」应当是整数",
    "bool_parsing": "「{name}」应当是 true 或 false",
    "decimal_parsing": "「{name}」应当是数字",
    "tuple_type": "「{name}」应当是列表",
    "dict_type": "「{name}」应当是一组 键: 值",
    "model_type": "「{name}」应当是一组 键: 值",
    "model_attributes_type": "「{name}」应当是一组 键: 值",
    "too_short": "「{name}」至少要有 {min_length} 项",
    "too_long": "「{name}」最多 {max_length} 项",
    "string_too_short": "「{name}」不能为空",
    "string_too_long": "「{name}」最多 {max_length} 个字",
    "string_pattern_mismatch": "「{name}」只能用小写字母、数字和下划线，以字母开头",
    "literal_error": "「{name}」只能是 {expected}",
    "enum": "「{name}」只能是 {expected}",
    "greater_than_equal": "「{name}」不能小于 {ge}",
    "less_than_equal": "「{name}」不能大于 {le}",
    "when_unknown": "没有这种触发（{name}），可用：absence、created、updated、saved、deleted、effective、voided、"
    "flow、cron、monthly、date、threshold、waiting、button、webhook",
}


def _mistake(error: Any, places: Mapping[str, Place], line: int) -> Mistake:
    alias = {"condition": "if", "sources": "from", "copy_down": "copy", "put": "set", "kind": ""}
    parts = [alias.get(str(one), str(one)) for one in error["loc"] if not str(one).startswith("@")]
    path = ".".join(one for one in parts if one)
    around = path
    while around and around not in places:
        around = around.rpartition(".")[0]
    place = places.get(around, Place(line, 1))
    return Mistake(place.line, place.column, path, _sentence(error, parts))


def _sentence(error: Any, parts: list[str]) -> str:
    if error["type"] == "value_error":
        return re.sub(r"^Value error, ", "", error["msg"])
    name = next((one for one in reversed(parts) if not one.isdigit()), "") or "这里"
    template = _SENTENCES.get(error["type"])
    context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    return template.format(name=name, **context) if template else f"「{name}」写法不对（{error['msg']}）"
