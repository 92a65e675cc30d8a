"""Elements → nodes and flows; every reference is checked, every mistake is told at once and names its element."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from core.errors import Invalid, Problem
from core.flows.bpmn.words import BPMN, GATEWAYS, OURS
from core.flows.bpmn.xml import local, refused

TASKS = frozenset({"userTask", "manualTask", "task", "sendTask", "serviceTask", "callActivity"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent"})
NODES = TASKS | EVENTS | set(GATEWAYS.values())
# Drawn or kept by other tools, without a say in which step follows which.
SILENT = frozenset(
    {
        "association",
        "auditing",
        "correlationSubscription",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "documentation",
        "extensionElements",
        "group",
        "ioSpecification",
        "laneSet",
        "monitoring",
        "performer",
        "property",
        "resourceRole",
        "textAnnotation",
    }
)


@dataclass
class Node:
    """A task, event or gateway."""

    id: str
    element: str
    name: str
    xml: ET.Element
    lane: str = ""
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"「{self.name}」" if self.name else f"「{self.id}」"

    @property
    def gateway(self) -> bool:
        """True for the three kinds that we know."""
        return self.element in GATEWAYS.values()

    @property
    def joins(self) -> bool:
        """True for a gateway where branches meet."""
        converging = self.xml.get("gatewayDirection") == "Converging"
        return self.gateway and len(self.outgoing) == 1 and (len(self.incoming) > 1 or converging)


@dataclass
class Flow:
    """A sequence flow."""

    id: str
    source: Node
    target: Node
    name: str
    condition: str

    @property
    def called(self) -> str:
        """How messages name it."""
        return f"「{self.name}」" if self.name else f"从{self.source.called}到{self.target.called}的连线"


@dataclass
class Graph:
    """A process."""

    process: ET.Element
    nodes: dict[str, Node]
    start: Node


def graph_of(root: ET.Element) -> Graph:
    """The one process of a file. Raises UserError, Invalid."""
    if root.tag != f"{{{BPMN}}}definitions":
        raise refused("这不是 BPMN 2.0 文件：最外层应当是 definitions。")
    processes = [one for one in root.findall(f"{{{BPMN}}}process") if any(local(c.tag) in NODES for c in one)]
    if len(processes) != 1:
        names = "、".join(f"「{one.get('name') or one.get('id')}」" for one in processes)
        raise refused(f"一个文件里要有一个流程，这里有 {len(processes)} 个{names and '：'}{names}。")
    process = processes[0]
    problems: list[str] = []
    nodes = _nodes(process, problems)
    _connect(process, nodes, problems)
    starts = [one for one in nodes.values() if one.element == "startEvent"]
    if len(starts) != 1:
        problems.append(f"流程要有一个开始事件，这里有 {len(starts)} 个{_list(starts)}")
    _tell(problems)
    _no_loops(nodes)
    return Graph(process, nodes, starts[0])


def _list(nodes: list[Node]) -> str:
    return ("：" + "、".join(one.called for one in nodes)) if nodes else ""


def _tell(problems: list[str]) -> None:
    if problems:
        raise Invalid(tuple(Problem("", one) for one in problems[:50]))


def _nodes(process: ET.Element, problems: list[str]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    lanes = _lanes(process)
    for one in process:
        element = local(one.tag)
        if element in SILENT or element == "sequenceFlow" or not one.tag.startswith(f"{{{BPMN}}}"):
            continue
        id_, name = one.get("id", ""), " ".join(one.get("name", "").split())
        called = f"「{name or id_ or element}」"
        if element not in NODES:
            problems.append(f"{called}是 {element}，这种元素没有对应的步骤")
        elif not id_:
            problems.append(f"{called}没有 id")
        elif id_ in found:
            problems.append(f"id「{id_}」用了两次")
        else:
            found[id_] = Node(id_, element, name, one, lanes.get(id_, ""))
    return found


def _lanes(process: ET.Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for lane in process.iter(f"{{{BPMN}}}lane"):
        for reference in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            found[(reference.text or "").strip()] = lane.get("name", "").strip()
    return found


def _connect(process: ET.Element, nodes: dict[str, Node], problems: list[str]) -> None:
    flows: dict[str, Flow] = {}
    for one in process.findall(f"{{{BPMN}}}sequenceFlow"):
        id_, ends = one.get("id", ""), (one.get("sourceRef", ""), one.get("targetRef", ""))
        called = f"「{one.get('name') or id_}」"
        missing = [end for end in ends if end not in nodes]
        if missing:
            problems += [f"连线{called}指向不存在的元素「{end}」" for end in missing]
        elif id_ in flows or id_ in nodes or not id_:
            problems.append(f"连线{called}的 id「{id_}」重复或为空")
        else:
            condition = one.find(f"{{{BPMN}}}conditionExpression")
            text = (condition.text or "").strip() if condition is not None else ""
            flow = Flow(id_, nodes[ends[0]], nodes[ends[1]], one.get("name", "").strip(), text)
            flows[id_] = flow
            flow.source.outgoing.append(flow)
            flow.target.incoming.append(flow)
    for node in nodes.values():
        _references(node, flows, problems)


def _references(node: Node, flows: dict[str, Flow], problems: list[str]) -> None:
    """What a node says of its flows agrees with what the flows say; its own order of ways out counts."""
    for word, ours in (("incoming", node.incoming), ("outgoing", node.outgoing)):
        told = [(one.text or "").strip() for one in node.xml.findall(f"{{{BPMN}}}{word}")]
        way = "进" if word == "incoming" else "出"
        problems += [
            f"{node.called}的{way}线「{id_}」不存在" for id_ in told if id_.split(":")[-1] not in flows
        ]
        known = [one.id for one in ours]
        problems += [
            f"连线「{id_}」没有连到{node.called}，但它的{way}线里写了这条"
            for id_ in told
            if id_ in flows and id_ not in known
        ]
        ours.sort(key=lambda flow, told=told: told.index(flow.id) if flow.id in told else len(told))  # type: ignore[misc]
    default = node.xml.get("default")
    if default and default not in [one.id for one in node.outgoing]:
        problems.append(f"{node.called}的默认连线「{default}」不是从它出去的")


def _no_loops(nodes: dict[str, Node]) -> None:
    """Refuses a way that comes back to where it was."""
    done: set[str] = set()
    for first in nodes.values():
        if first.id in done:
            continue
        on_way = {first.id}
        stack = [(first, iter(first.outgoing))]
        while stack:
            node, rest = stack[-1]
            flow = next(rest, None)
            if flow is None:
                stack.pop()
                on_way.discard(node.id)
                done.add(node.id)
            elif flow.target.id in on_way:
                raise refused(
                    f"{flow.called}又回到了{flow.target.called}：流程不能有回路，要退回请用审批的「退回」。"
                )
            elif flow.target.id not in done:
                on_way.add(flow.target.id)
                stack.append((flow.target, iter(flow.target.outgoing)))


def settings_in(element: ET.Element, name: str) -> dict[str, Any] | None:
    """Our own settings of an element, if it carries any. Raises UserError."""
    found = element.find(f"{{{BPMN}}}extensionElements/{{{OURS}}}{name}")
    if found is None or not (found.text or "").strip():
        return None
    called = element.get("name") or element.get("id")
    try:
        data = json.loads(found.text or "")
    except (ValueError, RecursionError):
        raise refused(f"「{called}」里的设置（extensionElements）不是完整的 JSON。") from None
    if not isinstance(data, dict):
        raise refused(f"「{called}」里的设置（extensionElements）不是一组 键: 值。")
    return data
