"""One step of a flow. The fields that a kind has are in `BELONGS`; any other is a mistake."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal, get_args

from pydantic import AliasChoices, Field, model_validator

from core.flows.definition.base import Strict, yaml_on
from core.flows.definition.due import Delay, Due
from core.flows.definition.policy import Button, OnReject, Returns, Right, Selfsame
from core.flows.definition.vote import Settle, VoteRule
from core.flows.definition.who import Nobody, People
from core.flows.definition.work import Subflow, Webhook, Work
from core.reach import BY_CHAT, Addresses, Channels, Groups

Kind = Literal[
    "approve",
    "fill",
    "copy",
    "branch",
    "subflow",
    "create",
    "update",
    "delete",
    "query",
    "webhook",
    "delay",
    "notify",
    "snapshot",
    "end",
]
STEP_KINDS: tuple[str, ...] = get_args(Kind)
HUMAN_KINDS = frozenset({"approve", "fill"})
AUTOMATIC_KINDS = frozenset(
    {"subflow", "create", "update", "delete", "query", "webhook", "notify", "snapshot"}
)


class Mode(StrEnum):
    """排他 the first path that holds, 包容 every path that holds, 并行 all paths."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    PARALLEL = "parallel"


class Path(Strict):
    """One way out of a branch. In a parallel branch it has no condition."""

    name: str = ""
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    otherwise: bool = False
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _not_both(self) -> Path:
        if self.condition and self.otherwise:
            raise ValueError("每条路径写 if 条件，或者写 otherwise: true，二者选一")
        return self


class Step(Strict):
    """One step; `kind` is the key that held its name.

    always    必审: not passed by de-duplication       batch: may be decided together with others
    reason    buttons that need a reason               buttons: what is offered, and how it is called
    on        enter, approve, reject, return, transfer, sign → field of the record → expression
    candidates  out of whom 转交 and 加签 may choose; none written: everybody
    by, to, group, subject   how and where else a notify step tells (core/reach.py)
    """

    kind: Kind
    name: str
    key: str = ""
    who: People = ()
    vote: VoteRule = VoteRule()
    settle: Settle = Settle.EARLY
    nobody: Nobody | None = None
    same_as_initiator: Selfsame = Selfsame.SELF
    always: bool = False
    batch: bool = True
    reject: OnReject = OnReject.END
    returns: Returns = Returns()
    buttons: dict[Button, str | bool] = Field(default_factory=dict)
    reason: tuple[Button, ...] = ()
    fields: dict[str, Right] = Field(default_factory=dict)
    candidates: People = ()
    due: Due | None = None
    on: dict[Literal["enter", "approve", "reject", "return", "transfer", "sign"], dict[str, str]] = Field(
        default_factory=dict
    )
    mode: Mode = Mode.EXCLUSIVE
    paths: tuple[Path, ...] = ()
    work: Work | None = None
    subflow: Subflow | None = None
    webhook: Webhook | None = None
    delay: Delay | None = None
    text: str = ""
    by: Channels = BY_CHAT
    to: Addresses = ()
    group: Groups = ()
    subject: str = ""
    report: str = ""
    result: Literal["approved", "rejected", "ended"] = "approved"

    @model_validator(mode="before")
    @classmethod
    def _kind_from_key(cls, value: Any) -> Any:
        value = yaml_on(value)
        if not isinstance(value, dict) or "kind" in value:
            return value
        kinds = [kind for kind in STEP_KINDS if kind in value]
        if len(kinds) != 1:
            raise ValueError(f"每一步写一种：{'、'.join(STEP_KINDS)}")
        kind = kinds[0]
        rest = {key: part for key, part in value.items() if key != kind}
        return _READERS[kind](kind, value[kind], rest)

    @model_validator(mode="after")
    def _complete(self) -> Step:
        foreign = [
            name
            for name in self.model_fields_set - BELONGS[self.kind] - {"kind", "name", "key"}
            if getattr(self, name) != type(self).model_fields[name].get_default(call_default_factory=True)
        ]
        if foreign:
            raise ValueError(f"{self.kind} 步骤不能写 {'、'.join(sorted(foreign))}")
        if self.kind in ("approve", "fill", "copy", "snapshot") and not self.who:
            raise ValueError("这一步没有写由谁处理（who）")
        if self.kind == "notify" and not (self.who or self.to or self.group):
            raise ValueError("这一步没有写告诉谁（who、to 或 group）")
        if self.by != BY_CHAT and not self.who:
            raise ValueError("by 说的是 who 里的人，请写 who；外部地址写在 to 里就会发")
        if self.kind == "branch":
            _check_paths(self)
        return self

    @property
    def human(self) -> bool:
        """True when people are asked."""
        return self.kind in HUMAN_KINDS

    def button(self, button: Button) -> str:
        """What the button is called here; empty when it is not offered."""
        said = self.buttons.get(button, True)
        if said is True:
            return BUTTON_NAMES[self.kind == "fill"].get(button, "")
        return said or ""


BUTTON_NAMES: dict[bool, dict[Button, str]] = {
    False: {
        Button.APPROVE: "同意",
        Button.REJECT: "拒绝",
        Button.RETURN: "退回",
        Button.TRANSFER: "转交",
        Button.ADD_BEFORE: "前加签",
        Button.ADD_AFTER: "后加签",
    },
    True: {
        Button.APPROVE: "办理完成",
        Button.RETURN: "退回",
        Button.TRANSFER: "转交",
    },
}

_ASKED = {
    "who",
    "nobody",
    "same_as_initiator",
    "buttons",
    "reason",
    "fields",
    "candidates",
    "due",
    "on",
    "returns",
    "batch",
}
BELONGS: dict[str, set[str]] = {
    "approve": _ASKED | {"vote", "settle", "always", "reject"},
    "fill": _ASKED | {"vote", "always"},
    "copy": {"who"},
    "branch": {"mode", "paths"},
    "subflow": {"subflow"},
    "create": {"work"},
    "update": {"work"},
    "delete": {"work"},
    "query": {"work"},
    "webhook": {"webhook"},
    "delay": {"delay"},
    "notify": {"who", "text", "by", "to", "group", "subject"},
    "snapshot": {"who", "report"},
    "end": {"result"},
}


def _check_paths(step: Step) -> None:
    if not step.paths:
        raise ValueError("分支没有路径（paths）")
    if step.mode is Mode.PARALLEL:
        if any(path.condition or path.otherwise for path in step.paths):
            raise ValueError("并行分支的路径不写条件，每条都走")
        return
    if any(not path.condition and not path.otherwise for path in step.paths):
        raise ValueError("每条路径写 if 条件，或者写 otherwise: true，二者选一")


def _read_named(kind: str, name: Any, rest: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "name": str(name), **rest}


def _read_branch(kind: str, mode: Any, rest: dict[str, Any]) -> dict[str, Any]:
    names = {"exclusive": "条件分支", "inclusive": "包容分支", "parallel": "并行分支"}
    name = rest.pop("name", names.get(str(mode), "分支"))
    return {"kind": kind, "mode": mode, "name": name, **rest}


def _read_copy(kind: str, value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kind": kind, "name": value.get("name", "抄送"), "who": value.get("who", ()), **rest}
    return {"kind": kind, "name": str(value), **rest}


def _read_end(kind: str, value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "name": rest.pop("name", "结束"), "result": value, **rest}


def _read_in(field: str, name: str) -> Callable[[str, Any, dict[str, Any]], dict[str, Any]]:
    """`create: {form: …}` with the name beside it; `create: 名称` with `work:` beside it is read too."""

    def read(kind: str, value: Any, rest: dict[str, Any]) -> dict[str, Any]:
        if isinstance(value, dict):
            inner = dict(value)
            said = inner.pop("name", rest.pop("name", name))
            return {"kind": kind, "name": said, field: inner, **rest}
        return {"kind": kind, "name": str(value), **rest}

    return read


def _read_notify(kind: str, value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "name": rest.pop("name", "通知"), "text": str(value), **rest}


def _read_snapshot(kind: str, value: Any, rest: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "name": rest.pop("name", "发送图表"), "report": str(value), **rest}


_READERS: dict[str, Callable[[str, Any, dict[str, Any]], dict[str, Any]]] = {
    "approve": _read_named,
    "fill": _read_named,
    "copy": _read_copy,
    "branch": _read_branch,
    "subflow": _read_in("subflow", "子流程"),
    "create": _read_in("work", "新建数据"),
    "update": _read_in("work", "更新数据"),
    "delete": _read_in("work", "删除数据"),
    "query": _read_in("work", "查询数据"),
    "webhook": _read_in("webhook", "调用接口"),
    "delay": _read_in("delay", "等待"),
    "notify": _read_notify,
    "snapshot": _read_snapshot,
    "end": _read_end,
}

Path.model_rebuild()
