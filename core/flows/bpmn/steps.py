"""One element → one step as people write it: from our own settings when it carries them, else as far as BPMN says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from core.flows.bpmn.graph import Node, settings_in
from core.flows.bpmn.words import BPMN, ELEMENTS, clean
from core.flows.bpmn.xml import local, refused
from core.flows.definition import STEP_KINDS
from core.flows.dump import usual_name

_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?")


class Steps:
    """Makes steps and keeps what had to be guessed."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._keys: set[str] = set()

    def step(self, node: Node) -> dict[str, Any]:
        """A step. Raises UserError."""
        own = self._own(node)
        if own is not None:
            return own
        maker = _FOREIGN.get(node.element)
        if maker is None:
            raise refused(f"{node.called}是 {node.element}，里面没有中枢的设置，不知道要做什么。")
        return maker(self, node)

    def end(self, node: Node) -> dict[str, Any] | None:
        """The step of an end event; None for one that just ends."""
        own = self._own(node)
        if own is not None:
            return own
        kinds = {local(one.tag) for one in node.xml}
        if "errorEventDefinition" in kinds:
            return {"end": "rejected", "name": node.name or "结束"}
        return (
            {"end": "approved", "name": node.name or "结束"} if "terminateEventDefinition" in kinds else None
        )

    def branch(self, node: Node, mode: str) -> dict[str, Any]:
        """A branch without its paths."""
        own = settings_in(node.xml, "step")
        data: dict[str, Any] = {**own, "branch": mode} if own and "branch" in own else {"branch": mode}
        if own and own.get("branch") != mode:
            data.pop("name", None)
        _rename(data, "branch", node.name)
        return self._once(data)

    def _own(self, node: Node) -> dict[str, Any] | None:
        data = settings_in(node.xml, "step")
        if data is None:
            return None
        kinds = [kind for kind in STEP_KINDS if kind in data]
        if len(kinds) != 1 or ELEMENTS.get(kinds[0]) != node.element:
            self.notes.append(f"{node.called}换成了 {node.element}，原来的设置不再适用，已略去。")
            return None
        _rename(data, kinds[0], node.name)
        return self._once(data)

    def _once(self, data: dict[str, Any]) -> dict[str, Any]:
        """A step that was copied in another tool does not keep the key of the one it came from."""
        key = data.get("key")
        if isinstance(key, str) and key in self._keys:
            del data["key"]
        elif isinstance(key, str):
            self._keys.add(key)
        return data

    def approve(self, node: Node) -> dict[str, Any]:
        """A user task of another tool."""
        return {"approve": node.name or node.id, "who": self._people(node)}

    def fill(self, node: Node) -> dict[str, Any]:
        """A manual task of another tool."""
        return {"fill": node.name or node.id, "who": self._people(node)}

    def send(self, node: Node) -> dict[str, Any]:
        """A send task of another tool."""
        self.notes.append(f"{node.called}没有写发给谁，先写成抄送发起人，请检查。")
        return {"copy": node.name or node.id, "who": "发起人"}

    def wait(self, node: Node) -> dict[str, Any]:
        """A timer of another tool."""
        timer = node.xml.find(f"{{{BPMN}}}timerEventDefinition")
        duration = timer.findtext(f"{{{BPMN}}}timeDuration", "").strip() if timer is not None else ""
        date = timer.findtext(f"{{{BPMN}}}timeDate", "").strip() if timer is not None else ""
        found = _DURATION.fullmatch(duration)
        if found and any(found.groups()):
            days, hours, minutes = (int(one or 0) for one in found.groups())
            time: dict[str, Any] = {"days": days, "hours": hours + minutes / 60}
            return {"delay": {key: one for key, one in time.items() if one}, "name": node.name or "等待"}
        if re.match(r"\d{4}-\d\d-\d\d", date):
            return {"delay": {"until": date}, "name": node.name or "等待"}
        raise refused(f"{node.called}等待的不是一段时间或一个日期，没有对应的步骤。")

    def _people(self, node: Node) -> Any:
        told = {local(key): one for key, one in node.xml.attrib.items()}
        groups = [one.strip() for one in told.get("candidateGroups", "").split(",") if _word(one)]
        if groups:
            return [{"role": one} for one in groups]
        if _word(told.get("assignee", "")):
            return {"person": told["assignee"].strip()}
        if node.lane:
            self.notes.append(f"{node.called}按泳道「{node.lane}」写成这个角色处理，请检查。")
            return {"role": node.lane}
        self.notes.append(f"{node.called}没有写由谁处理，先写成发起人自选，请检查。")
        return {"pick": "initiator"}


def _word(text: str) -> bool:
    """True for a plain name; other tools also write expressions."""
    return bool(text.strip()) and "{" not in text


def _rename(data: dict[str, Any], kind: str, name: str) -> None:
    """The name as it is drawn counts: it may have been changed in another tool."""
    held = data.get(kind)
    inner = held.get("name") if isinstance(held, dict) else None
    old = held if kind in ("approve", "fill") or (kind == "copy" and not isinstance(held, dict)) else None
    known = old or inner or data.get("name") or usual_name(kind, str(held))
    if not name or name == " ".join(clean(str(known)).split()):
        return
    if isinstance(old, str):
        data[kind] = name
    elif isinstance(held, dict) and kind == "copy":
        data[kind] = {**held, "name": name}
    else:
        data["name"] = name


_FOREIGN: dict[str, Callable[[Steps, Node], dict[str, Any]]] = {
    "userTask": Steps.approve,
    "task": Steps.approve,
    "manualTask": Steps.fill,
    "sendTask": Steps.send,
    "intermediateCatchEvent": Steps.wait,
}
