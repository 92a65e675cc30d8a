"""A flow as a drawing: nodes with a size, flows between them, and which of them stand in one row or one fork."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.flows.definition import Flow, Path, Step

TASK = (100, 80)
GATEWAY = (50, 50)
EVENT = (36, 36)


@dataclass
class Node:
    """One shape; `x`, `y` is its upper left corner, set by the layout."""

    id: str
    element: str
    name: str
    size: tuple[int, int]
    step: Step | None = None
    x: int = 0
    y: int = 0
    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)

    @property
    def middle(self) -> tuple[int, int]:
        """Its centre."""
        return self.x + self.size[0] // 2, self.y + self.size[1] // 2


@dataclass
class Edge:
    """One sequence flow; `level` is the height at which an empty path runs."""

    id: str
    source: Node
    target: Node
    path: Path | None = None
    level: int | None = None


@dataclass
class Fork:
    """A branch: its two gateways (`join` None when no path gets that far) and its rows."""

    split: Node
    join: Node | None
    rows: list[Row] = field(default_factory=list)


@dataclass
class Row:
    """Nodes and forks side by side; `edge` is the flow of a path that is empty."""

    items: list[Node | Fork] = field(default_factory=list)
    edge: Edge | None = None


@dataclass
class Drawing:
    """All of a flow."""

    row: Row
    nodes: list[Node]
    edges: list[Edge]


class Drawer:
    """Makes the drawing of one flow; ids are legal whatever names are, and have capitals, which keys have not."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []

    def draw(self, flow: Flow, elements: dict[str, str], gateways: dict[str, str]) -> Drawing:
        """The drawing; `elements` and `gateways` say which element stands for which kind and mode."""
        self._elements, self._gateways = elements, gateways
        start = self._node("startEvent", "发起", EVENT)
        row = Row([start])
        last = self._steps(flow.steps, row, start, None)
        if last is not None:
            end = self._node("endEvent", "完成", EVENT)
            self._edge(last, end)
            row.items.append(end)
        return Drawing(row, self._nodes, self._edges)

    def _steps(self, steps: tuple[Step, ...], row: Row, before: Node, path: Path | None) -> Node | None:
        """Draws steps after a node; the node after which things go on, None when nothing gets so far."""
        last: Node | None = before
        for step in steps:
            if last is None:
                raise ValueError(f"「{step.name}」永远走不到，不能导出")
            first, last = self._branch(step, row) if step.kind == "branch" else self._one(step, row)
            self._edge(before, first, path)
            path = None
            before = last or before
        return last

    def _one(self, step: Step, row: Row) -> tuple[Node, Node | None]:
        element = self._elements[step.kind]
        node = self._node(element, step.name, EVENT if element.endswith("Event") else TASK, step)
        row.items.append(node)
        return node, None if step.kind == "end" else node

    def _branch(self, step: Step, row: Row) -> tuple[Node, Node | None]:
        element = self._gateways[step.mode]
        split = self._node(element, step.name, GATEWAY, step)
        fork = Fork(split, None)
        ends: list[tuple[Node, Path | None, Row]] = []
        for path in step.paths:
            inside = Row()
            last = self._steps(path.steps, inside, split, path)
            fork.rows.append(inside)
            if last is not None:
                ends.append((last, path if last is split else None, inside))
        if ends:
            fork.join = self._node(element, "", GATEWAY)
            for last, path_, inside in ends:
                edge = self._edge(last, fork.join, path_)
                inside.edge = edge if path_ is not None else None
        order = [one.path for one in self._edges if one.id in split.outgoing]
        ids = [
            id_ for path in step.paths for id_, one in zip(split.outgoing, order, strict=True) if one is path
        ]
        split.outgoing = ids
        row.items.append(fork)
        return split, fork.join

    def _node(self, element: str, name: str, size: tuple[int, int], step: Step | None = None) -> Node:
        node = Node(f"{element}_{len(self._nodes) + 1}", element, name, size, step)
        self._nodes.append(node)
        return node

    def _edge(self, source: Node, target: Node, path: Path | None = None) -> Edge:
        edge = Edge(f"Flow_{len(self._edges) + 1}", source, target, path)
        self._edges.append(edge)
        source.outgoing.append(edge.id)
        target.incoming.append(edge.id)
        return edge
