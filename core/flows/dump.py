"""A flow as the YAML that people write: what equals its default is left out, short forms where there are any.

`parse(text_of(flow))` gives the same flow again; comments of a text that was written by hand are not known here.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from enum import Enum
from typing import Any

import yaml
from pydantic import BaseModel

from core.flows.definition import Chain, Flow, Nobody, Path, Step, Vote, VoteRule, Who, Withdrawal

WIDTH = 100
_ALIASES = {"condition": "if"}
# Where the value stands that the key of a step's kind holds, and the step's name when none was written.
_HELD = {
    "end": ("result", "结束"),
    "notify": ("text", "通知"),
    "snapshot": ("report", "发送图表"),
    "subflow": ("subflow", "子流程"),
    "create": ("work", "新建数据"),
    "update": ("work", "更新数据"),
    "delete": ("work", "删除数据"),
    "query": ("work", "查询数据"),
    "webhook": ("webhook", "调用接口"),
    "delay": ("delay", "等待"),
}
_BRANCH_NAMES = {"exclusive": "条件分支", "inclusive": "包容分支", "parallel": "并行分支"}


def text_of(flow: Flow) -> str:
    """The YAML text of a flow."""
    return emit(as_written(flow))


def emit(data: dict[str, Any]) -> str:
    """Plain data of a flow as YAML text."""
    node = yaml.SafeDumper(io.StringIO(), sort_keys=False).represent_data(data)
    _style(node)
    return str(yaml.serialize(node, Dumper=_Indented, allow_unicode=True, width=100_000))


class _Indented(yaml.SafeDumper):
    """Lists stand two blanks in, as in the suites."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never without indent."""
        super().increase_indent(flow, False)


def as_written(flow: Flow) -> dict[str, Any]:
    """The flow as plain data, in the order in which people write it."""
    data = settings_of(flow)
    keys = _written_keys(flow)
    data["steps"] = [_step(one, keys) for one in flow.steps]
    return data


def settings_of(flow: Flow) -> dict[str, Any]:
    """Everything about a flow but its steps."""
    return _plain_model(flow, skip={"steps"})


def step_settings(step: Step, key: str) -> dict[str, Any]:
    """A step without its paths; `key` "" leaves the key out."""
    data = _head(step)
    if key:
        data["key"] = key
    held = "who" if step.kind == "copy" and step.name == "抄送" else _HELD.get(step.kind, ("", ""))[0]
    return {**data, **_plain_model(step, skip={"kind", "name", "key", "mode", "paths", held})}


def _step(step: Step, keys: dict[int, str]) -> dict[str, Any]:
    data = step_settings(step, keys[id(step)])
    if step.paths:
        data["paths"] = [_path(one, keys) for one in step.paths]
    return data


def _path(path: Path, keys: dict[int, str]) -> dict[str, Any]:
    data = _plain_model(path, skip={"steps"})
    data["steps"] = [_step(one, keys) for one in path.steps]
    return data


def _head(step: Step) -> dict[str, Any]:
    """The key of the kind with what it holds, and the name where it stands beside it."""
    if step.kind == "branch":
        return {"branch": step.mode.value, **_beside(step.name, _BRANCH_NAMES[step.mode])}
    if step.kind == "copy" and step.name == "抄送":
        return {"copy": {"who": _plain(step.who)}}
    if step.kind not in _HELD:
        return {step.kind: step.name}
    field, usual = _HELD[step.kind]
    value = getattr(step, field)
    if value is None:
        return {step.kind: step.name}
    return {step.kind: _plain(value), **_beside(step.name, usual)}


def usual_name(kind: str, mode: str) -> str:
    """The name of a step for which none was written; `mode` matters for a branch."""
    if kind == "branch":
        return _BRANCH_NAMES.get(mode, "分支")
    return "抄送" if kind == "copy" else _HELD.get(kind, ("", ""))[1]


def _beside(name: str, usual: str) -> dict[str, Any]:
    return {} if name == usual else {"name": name}


def _written_keys(flow: Flow) -> dict[int, str]:
    """For each step the key to write; "" where loading makes the same one (see `Flow._keyed`)."""
    counter: dict[str, int] = {}
    found: dict[int, str] = {}
    for step in flow.walk():
        made = step.name if step.human else ""
        number = counter.get(step.kind, 0) + 1
        if not made:
            made = f"{step.kind}_{number}"
            if step.key == made:
                counter[step.kind] = number
        found[id(step)] = "" if step.key == made else step.key
    return found


def _plain(value: Any) -> Any:
    """A value of a model as plain data."""
    if isinstance(value, BaseModel):
        short = _SHORT.get(type(value))
        return short(value) if short else _plain_model(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        whole = [_plain(one) for one in value]
        return whole[0] if len(whole) == 1 and isinstance(value[0], Who) else whole
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain_model(model: BaseModel, skip: set[str] | frozenset[str] = frozenset()) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if name in skip or (not info.is_required() and value == info.get_default(call_default_factory=True)):
            continue
        alias = "map" if info.validation_alias == "map" else _ALIASES.get(name, name)
        data[alias] = _plain(value)
    return data


def _vote(vote: VoteRule) -> Any:
    data = _plain_model(vote)
    if set(data) <= {"mode"}:
        return vote.mode.value
    if vote.mode is Vote.RATIO and set(data) <= {"mode", "ratio", "veto"}:
        return {"ratio": vote.ratio, **_only(data, "veto")}
    if vote.mode is Vote.WEIGHTED and "ratio" not in data:
        return {"weighted": dict(vote.weights), "pass": vote.pass_at, **_only(data, "veto")}
    return {"mode": vote.mode.value, **{key: one for key, one in data.items() if key != "mode"}}


def _only(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {key: data[key]} if key in data else {}


def _who(who: Who) -> Any:
    data = _plain_model(who)
    if who.among:
        data["among"] = [_plain(one) for one in who.among]
    return "发起人" if data == {"initiator": True} else data


def _chain(chain: Chain) -> Any:
    data = _plain_model(chain)
    one = next(iter(data), "")
    return data[one] if len(data) == 1 and one in ("level", "title") else data


def _nobody(nobody: Nobody) -> Any:
    data = _plain_model(nobody)
    word = next(iter(data), "")
    if len(data) == 1 and word in ("skip", "refuse"):
        return word
    instead = data.get("instead")
    if len(data) == 1 and isinstance(instead, dict):
        return instead
    return data or {"skip": False}


def _withdrawal(rule: Withdrawal) -> Any:
    data = _plain_model(rule)
    return False if data == {"allowed": False} else data


_SHORT: dict[type[BaseModel], Callable[[Any], Any]] = {
    VoteRule: _vote,
    Who: _who,
    Chain: _chain,
    Nobody: _nobody,
    Withdrawal: _withdrawal,
}


def _style(node: yaml.Node, tall: bool = True) -> int:
    """Steps and paths stand below each other, short parts on one line. Returns the length on one line."""
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 2
    if isinstance(node, yaml.SequenceNode):
        length = 2 + sum(_style(one, tall) for one in node.value)
    elif isinstance(node, yaml.MappingNode):
        length = 2 + sum(len(key.value) + 2 + _style(one, _tall(key.value)) for key, one in node.value)
    else:
        raise TypeError(node)
    node.flow_style = not tall and length <= WIDTH
    return length


def _tall(key: str) -> bool:
    return key in ("steps", "paths", "tests")
