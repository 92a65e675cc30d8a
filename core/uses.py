"""Where a field is used, as people call the place: what has to change before the field may go or get another name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.definitions import KIND_NAMES, Model
from core.errors import Problem
from core.forms.definition import Form
from core.forms.resolve import needed

# The last named part of a path → what people call it.
PARTS = {
    "formula": "公式",
    "visible_if": "显示条件",
    "required_if": "必填条件",
    "readonly_if": "只读条件",
    "default": "默认值",
    "fill_from": "数据联动",
    "options_from": "选项来源",
    "pick": "选择数据",
    "rule": "流水号规则",
    "take": "取值",
    "via": "关联字段",
    "by": "关联字段",
    "of": "汇总来源",
    "copy": "带入字段",
    "if": "条件",
    "condition": "条件",
    "who": "处理人",
    "fields": "字段权限",
    "set": "赋值",
    "when": "触发条件",
    "summary": "标题规则",
    "number": "编号规则",
}
# A list in a definition → what one of its members is.
MEMBERS = {
    "columns": "列",
    "checks": "校验",
    "guards": "保存校验",
    "unique": "唯一规则",
    "buttons": "按钮",
    "prints": "打印模板",
    "steps": "步骤",
    "paths": "分支",
    "measures": "指标",
    "by": "分组",
    "then": "动作",
    "keys": "维度",
    "from": "来源",
    "rows": "行",
    "inputs": "输入列",
    "outputs": "输出列",
}


@dataclass(frozen=True)
class Use:
    """One place that needs a field. kind, key, title: of the definition;  where: the place in it."""

    kind: str
    key: str
    title: str
    where: str

    def said(self) -> str:
        """`规则「超期提醒」的条件`."""
        of = f"{KIND_NAMES[self.kind]}「{self.title or self.key}」"
        return f"{of}的{self.where}" if self.where else of


def kind_of(model: Model) -> str:
    """The word that a definition begins with."""
    name = type(model).__name__.lower()
    return {"decisiontable": "table", "optionset": "options"}.get(name, name)


def use_of(model: Model, path: str) -> Use:
    """The place of a path in a definition."""
    return Use(kind_of(model), model.key, getattr(model, "title", ""), place(model, path))


def place(model: Model, path: str) -> str:
    """A path as people call it: `fields.3.formula` is 字段「合计」的公式."""
    parts, at = path.split(".") if path else [], model
    words: list[str] = []
    if isinstance(model, Form) and parts and (own := model.field(parts[0])):
        inner = own.child(parts[1]) if len(parts) > 1 else None
        return f"字段「{own.label}.{inner.label}」的公式" if inner else f"字段「{own.label}」的公式"
    for index, part in enumerate(parts):
        inside = _inside(at, part)
        if part.isdigit() and index:
            of = (
                "columns"
                if index > 2 and parts[index - 1] == parts[index - 3] == "fields"
                else parts[index - 1]
            )
            words.append(_member(of, int(part), inside))
        elif part in PARTS and not (index + 1 < len(parts) and parts[index + 1].isdigit()):
            words.append(PARTS[part])
        at = inside
    return "的".join(word for word in words if word)


def _inside(at: Any, part: str) -> Any:
    if part.isdigit():
        return at[int(part)] if isinstance(at, (list, tuple)) and int(part) < len(at) else None
    if isinstance(at, Mapping):
        return at.get(part)
    return getattr(at, {"if": "condition", "from": "sources", "copy": "copy_down"}.get(part, part), None)


def _member(of: str, index: int, one: Any) -> str:
    named = (getattr(one, key, "") for key in ("label", "title", "text", "say", "name", "path"))
    name = next((text for text in named if text and isinstance(text, str)), "")
    if of == "fields":
        return f"字段「{name}」" if name else ""
    what = MEMBERS.get(of)
    if what is None:
        return ""
    return f"{what}「{str(name)[:30]}」" if name else f"第 {index + 1} 个{what}"


@dataclass(frozen=True)
class Gone:
    """A field that a text takes away, or gives another name: what it was called, and is called now."""

    names: tuple[str, ...]
    label: str
    now: str = ""


def gone(old: Form | None, new: Form) -> list[Gone]:
    """The fields of the version in force that a new text removes or renames."""
    if old is None:
        return []
    has = dict(new.walk())
    found = []
    for path, one in old.walk():
        kept = has.get(path)
        if kept is None:
            found.append(Gone((one.label, one.key), one.label))
        elif kept.label != one.label:
            found.append(Gone((one.label,), one.label, kept.label))
    return found


def told(problem: Problem, model: Model, missing: Iterable[Gone]) -> Problem:
    """A problem that comes from a field's going, said as: where it is still used, and what to do."""
    for one in missing:
        if any(re.search(rf"[「.]{re.escape(name)}[」.]", problem.message) for name in one.names):
            used = use_of(model, problem.path).said()
            changed = f"改名为「{one.now}」" if one.now else "去掉"
            text = f"「{one.label}」还用在{used}，请先改好那里，再{changed}"
            return Problem(problem.path, text, problem.level)
    return problem


def printed(form: Form, missing: Iterable[Gone]) -> list[Problem]:
    """Print templates of the form that name a field which is going."""
    return [
        Problem(f"prints.{index}", f"打印模板里没有「{one.label}」")
        for index, sheet in enumerate(form.prints)
        for one in missing
        if any(re.search(rf"\{{(?:大写:|[#/])?{re.escape(name)}\}}", sheet.html) for name in one.names)
    ]


def leans_on(model: Model) -> set[str]:
    """Keys of the forms and option sets that a definition needs."""
    if isinstance(model, Form):
        return set().union(*needed(model), model.queried)
    kind = kind_of(model)
    named = set(re.findall(r"'(?:of|absence|create|form|source)': '(\w+)'", str(model.model_dump())))
    if kind in ("flow", "authority"):
        return {str(getattr(model, "form", "")), *named}
    return named
