"""Where shapes stand: a row runs from left to right, the paths of a fork lie below each other around its middle."""

from __future__ import annotations

from core.flows.bpmn.shapes import Drawing, Edge, Fork, Node, Row

GAP_X, GAP_Y = 50, 30
LEFT, TOP = 150, 80
EMPTY = 40

Box = tuple[int, int, int]  # width, height above the middle line, height below it


def lay_out(drawing: Drawing) -> None:
    """Give every shape its place."""
    _, above, _ = _row_box(drawing.row)
    _place_row(drawing.row, LEFT, TOP + above)


def _row_box(row: Row) -> Box:
    if not row.items:
        return EMPTY, EMPTY // 2, EMPTY // 2
    boxes = [_box(one) for one in row.items]
    width = sum(one[0] for one in boxes) + GAP_X * (len(boxes) - 1)
    return width, max(one[1] for one in boxes), max(one[2] for one in boxes)


def _box(item: Node | Fork) -> Box:
    if isinstance(item, Node):
        width, height = item.size
        return width, height // 2, height // 2
    boxes = [_row_box(row) for row in item.rows]
    height = sum(up + down for _, up, down in boxes) + GAP_Y * (len(boxes) - 1)
    join = GAP_X + item.join.size[0] if item.join else 0
    width = item.split.size[0] + GAP_X + max(one[0] for one in boxes) + join
    half = max(height, item.split.size[1]) // 2
    return width, half, max(height, item.split.size[1]) - half


def _place_row(row: Row, x: int, middle: int) -> None:
    if row.edge is not None:
        row.edge.level = middle
    for item in row.items:
        width, _, _ = _box(item)
        if isinstance(item, Node):
            _put(item, x, middle)
        else:
            _place_fork(item, x, middle, width)
        x += width + GAP_X


def _place_fork(fork: Fork, x: int, middle: int, width: int) -> None:
    _put(fork.split, x, middle)
    if fork.join is not None:
        _put(fork.join, x + width - fork.join.size[0], middle)
    boxes = [_row_box(row) for row in fork.rows]
    top = middle - (sum(up + down for _, up, down in boxes) + GAP_Y * (len(boxes) - 1)) // 2
    for row, (_, up, down) in zip(fork.rows, boxes, strict=True):
        _place_row(row, x + fork.split.size[0] + GAP_X, top + up)
        top += up + down + GAP_Y


def _put(node: Node, x: int, middle: int) -> None:
    node.x, node.y = x, middle - node.size[1] // 2


def waypoints(edge: Edge) -> list[tuple[int, int]]:
    """The corners of a flow: straight on one line, else down or up at the gateway."""
    (sx, sy), (tx, ty) = edge.source.middle, edge.target.middle
    start, end = (edge.source.x + edge.source.size[0], sy), (edge.target.x, ty)
    if edge.level is not None and edge.level != sy:
        return [
            _rim(edge.source, edge.level),
            (sx, edge.level),
            (tx, edge.level),
            _rim(edge.target, edge.level),
        ]
    if sy == ty:
        return [start, end]
    if edge.path is not None:
        return [_rim(edge.source, ty), (sx, ty), end]
    return [start, (tx, sy), _rim(edge.target, sy)]


def _rim(node: Node, towards: int) -> tuple[int, int]:
    """The middle of a shape's upper or lower side, whichever looks at that height."""
    x, y = node.middle
    return x, node.y if towards < y else node.y + node.size[1]
