"""Limits on what anybody may write, and on what one evaluation may spend."""

import time
from collections.abc import Iterator

from core.expressions.syntax import SYNTAX_CLASSES, Infix, Invoke, Member, Prefix, Several, Syntax
from core.expressions.values import ExpressionError

MAX_CHARACTERS = 2_000
MAX_TOKENS = 400
MAX_BRACKETS = 20
MAX_DEPTH = 120  # of the tree: a chain of 100 「或」 is deep, not dangerous
MAX_NUMBER = 20
MAX_PATTERN = 200
MAX_STEPS = 100_000
MAX_SECONDS = 0.25  # of this thread: a busy machine does not turn honest sums away


def check_text(text: str) -> None:
    """Refuse what is too long before a character of it is read."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            f"表达式太长，最多 {MAX_CHARACTERS} 个字", MAX_CHARACTERS, len(text) - MAX_CHARACTERS
        )
    if not text.strip():
        raise ExpressionError("表达式是空的")


def check_tree(root: Syntax) -> None:
    """Only nodes of ours may stand in the tree, and it may not be too deep to walk."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, SYNTAX_CLASSES):
            raise ExpressionError("这里有不支持的写法")
        if depth > MAX_DEPTH:
            raise ExpressionError("表达式太复杂，请拆成几个字段", node.span[0], node.span[1] - node.span[0])
        waiting.extend((child, depth + 1) for child in children(node))


def children(node: Syntax) -> Iterator[Syntax]:
    """The nodes directly under one."""
    match node:
        case Member(owner=owner):
            yield owner
        case Invoke(arguments=items) | Several(items=items):
            yield from items
        case Prefix(operand=operand):
            yield operand
        case Infix(left=left, right=right):
            yield left
            yield right


class Meter:
    """Counts what one evaluation spends in loops: sub-totals within sub-totals could run for hours."""

    __slots__ = ("_deadline", "_steps")

    def __init__(self) -> None:
        self._steps = 0
        self._deadline = 0.0

    def spend(self, steps: int) -> None:
        """Raises ExpressionError when the evaluation used up its steps or its time."""
        self._steps += steps
        if self._deadline == 0.0:
            self._deadline = time.thread_time() + MAX_SECONDS
        if self._steps > MAX_STEPS or time.thread_time() > self._deadline:
            raise ExpressionError("计算量太大，请减少子表行数或简化公式")
