"""BPMN 2.0 → a flow: what is block-structured becomes the tree of steps, anything else is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.flows.bpmn.graph import Flow as Line
from core.flows.bpmn.graph import Graph, Node, graph_of, settings_in
from core.flows.bpmn.steps import Steps
from core.flows.bpmn.words import MODES, clean
from core.flows.bpmn.xml import parse, refused
from core.flows.definition import Flow
from core.flows.dump import emit, text_of

DEEPEST = 40
_MODE_NAMES = {"exclusive": "排他网关", "inclusive": "包容网关", "parallel": "并行网关"}


@dataclass(frozen=True)
class Imported:
    """What was read.

    text   the flow as YAML        notes  what was guessed and should be looked at, as sentences
    flow   None when the text still has mistakes, which the design page shows at their lines
    """

    text: str
    notes: tuple[str, ...]
    flow: Flow | None


def read(xml: str, form: str = "") -> Imported:
    """Read a BPMN file; `form` is the key of the form, "" = the one in the file. Raises UserError, Invalid."""
    try:
        return _read(xml, form)
    except RecursionError:
        raise refused("文件里的设置嵌套得太深。") from None


def _read(xml: str, form: str) -> Imported:
    graph = graph_of(parse(xml))
    steps = Steps()
    data = _head(graph, form)
    data["steps"] = _Blocks(graph, steps).top()
    try:
        flow = Flow.model_validate(data)
    except ValidationError:
        return Imported(emit(data), tuple(steps.notes), None)
    return Imported(text_of(flow), tuple(steps.notes), flow)


def _head(graph: Graph, form: str) -> dict[str, Any]:
    settings = settings_in(graph.process, "flow") or {}
    id_ = graph.process.get("id", "")
    legal = re.fullmatch(r"[a-z][a-z0-9_]{0,39}", id_)
    key = id_ if legal else settings.get("flow") or _key(id_)
    title = " ".join(graph.process.get("name", "").split())
    data: dict[str, Any] = {**settings, "flow": key, "form": form or settings.get("form", "")}
    if not data["form"]:
        raise refused("文件里没有写表单，请先选择这个流程用在哪个表单上。")
    if title and title != " ".join(clean(str(settings.get("title") or key)).split()):
        data["title"] = title
    return data


def _key(id_: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", id_.lower()).strip("_")[:40]
    return made if re.match(r"[a-z]", made) else "imported_flow"


class _Blocks:
    """Walks a graph as nested blocks."""

    def __init__(self, graph: Graph, steps: Steps) -> None:
        self._graph = graph
        self._steps = steps
        self._seen: set[str] = set()

    def top(self) -> list[dict[str, Any]]:
        """All steps. Raises UserError."""
        start = self._graph.start
        self._seen.add(start.id)
        found, stop = self._row(self._after(start), None, 0)
        if stop is not None:
            raise refused(f"{stop.called}是汇合用的网关，但前面没有和它成对的分支。")
        lost = [one.called for one in self._graph.nodes.values() if one.id not in self._seen]
        if lost:
            raise refused(f"{'、'.join(lost[:5])}没有连到流程里，从开始事件走不到。")
        return found

    def _after(self, node: Node) -> Node | None:
        if len(node.outgoing) > 1:
            raise refused(f"{node.called}有 {len(node.outgoing)} 条出线，请在它后面放一个网关再分开。")
        if not node.outgoing:
            return None
        if node.outgoing[0].condition:
            raise refused(f"{node.outgoing[0].called}写了条件，但条件只能写在网关分出的连线上。")
        return node.outgoing[0].target

    def _row(
        self, node: Node | None, split: Node | None, depth: int
    ) -> tuple[list[dict[str, Any]], Node | None]:
        """Steps from a node on, and the joining gateway at which they stop (None: they end)."""
        found: list[dict[str, Any]] = []
        while node is not None:
            if node.joins:
                return found, node
            self._enter(node)
            if node.element == "endEvent":
                found += self._end(node, split)
                return found, None
            if node.gateway:
                step, node = self._fork(node, depth)
                found += [step] if step else []
                if node is None:
                    return found, None
                continue
            found.append(self._steps.step(node))
            last, node = node, self._after(node)
            if node is None and split is not None:
                raise refused(f"{last.called}后面没有连线，分支{split.called}到这里断了。")
        return found, None

    def _enter(self, node: Node) -> None:
        if len(node.incoming) > 1:
            raise refused(f"{node.called}有 {len(node.incoming)} 条进线，请先用一个网关把它们汇合。")
        self._seen.add(node.id)

    def _end(self, node: Node, split: Node | None) -> list[dict[str, Any]]:
        if node.outgoing:
            raise refused(f"{node.called}是结束事件，后面不能再有连线。")
        step = self._steps.end(node)
        if step is not None or split is None:
            return [step] if step else []
        if split.element != "exclusiveGateway":
            raise refused(f"{split.called}的一条分支在{node.called}结束，没有和别的分支汇合。")
        return [{"end": "approved", "name": node.name or "结束"}]

    def _fork(self, split: Node, depth: int) -> tuple[dict[str, Any] | None, Node | None]:
        """A branch, and the node after its join (None: no path gets so far)."""
        if depth >= DEEPEST:
            raise refused(f"{split.called}的分支嵌套超过 {DEEPEST} 层。")
        if not split.outgoing:
            raise refused(f"{split.called}是网关，但没有出线。")
        if len(split.outgoing) == 1 and split.xml.get("gatewayDirection") != "Diverging":
            return None, self._after(split)
        mode = MODES[split.element]
        paths: list[dict[str, Any]] = []
        stops: list[Node] = []
        for line in split.outgoing:
            steps, stop = self._row(line.target, split, depth + 1)
            stops += [stop] if stop else []
            paths.append({**self._path(line, split, mode), "steps": steps})
        step = self._steps.branch(split, mode)
        step["paths"] = paths
        return step, self._join(split, stops)

    def _path(self, line: Line, split: Node, mode: str) -> dict[str, Any]:
        data: dict[str, Any] = {"name": line.name} if line.name else {}
        if mode == "parallel":
            if line.condition:
                raise refused(f"{split.called}是并行网关，{line.called}不能写条件。")
            return data
        bare = [one for one in split.outgoing if not one.condition]
        default = split.xml.get("default") or (bare[0].id if len(bare) == 1 else "")
        if line.id == default:
            return {**data, "otherwise": True}
        if not line.condition:
            raise refused(f"{line.called}既没有条件，也不是{split.called}的默认连线。")
        return {**data, "if": line.condition}

    def _join(self, split: Node, stops: list[Node]) -> Node | None:
        if not stops:
            return None
        join = stops[0]
        other = next((one for one in stops if one is not join), None)
        if other is not None:
            raise refused(
                f"{split.called}分出的分支没有汇合到同一个网关：有的到{join.called}，有的到{other.called}。"
            )
        if len(join.incoming) != len(stops):
            raise refused(f"{join.called}还汇合了{split.called}以外的连线，请给每个分支一个自己的汇合网关。")
        if join.element != split.element:
            names = _MODE_NAMES[MODES[split.element]], _MODE_NAMES[MODES[join.element]]
            raise refused(f"{split.called}是{names[0]}，它的汇合{join.called}却是{names[1]}，应当是同一种。")
        self._seen.add(join.id)
        return self._after(join) or self._stop(join)

    def _stop(self, join: Node) -> Node:
        raise refused(f"{join.called}后面没有连线。")
