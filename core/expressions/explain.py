"""Why an expression came out as it did: each clause with the values of its sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.expressions.checker import Name
from core.expressions.closures import closure
from core.expressions.env import Env, Run
from core.expressions.labels import render
from core.expressions.nodes import Node, Op
from core.expressions.values import Clause, ExpressionError, Kind, Schema

COMPARING = {"eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "ends", "has"}


@dataclass(frozen=True)
class Planned:
    """One clause, ready to be asked of many rows: its text, what gives its value, its sides, its parts.

    sides   closures of what is shown as the value; listed: the last of them are one list (属于)
    """

    text: str
    run: Run
    sides: tuple[Run, ...] = ()
    listed: bool = False
    parts: tuple["Planned", ...] = ()

    def clause(self, env: Env) -> Clause:
        """The clause over a row."""
        value = _value(self.run, env)
        truth = value if isinstance(value, bool) else None
        if self.parts:
            return Clause(self.text, truth, value, tuple(one.clause(env) for one in self.parts))
        return Clause(self.text, truth, self._shown(env, value))

    def _shown(self, env: Env, value: object) -> object:
        if not self.sides:
            return value
        found = [_value(one, env) for one in self.sides]
        if self.listed:
            return (found[0], found[1:])
        return tuple(found) if len(found) > 1 else found[0]


def _value(run: Run, env: Env) -> object:
    """The value, or the sentence that says why there is none."""
    try:
        return run(env)
    except ExpressionError as error:
        return error.message


@dataclass(frozen=True)
class _Planner:
    source: str
    marks: Sequence[Name]
    schema: Schema

    def plan(self, node: Node) -> Planned:
        text = _bare(render(self.source, self.marks, self.schema, node.span))
        if isinstance(node, Op) and node.op in ("and", "or", "not"):
            inner = node.args if node.op == "not" else tuple(flat(node, node.op))
            return Planned(text, closure(node), parts=tuple(self.plan(part) for part in inner))
        return Planned(text, closure(node), *_sides(node))


def _sides(node: Node) -> tuple[tuple[Run, ...], bool]:
    """Both sides of a comparison; the member and the list of 属于; otherwise nothing but the value itself."""
    if not isinstance(node, Op):
        return (), False
    if node.op in COMPARING:
        return tuple(closure(arg) for arg in node.args), False
    if node.op == "in":
        return tuple(closure(arg) for arg in node.args), True
    return ((closure(node.args[0]),), False) if node.op in ("blank", "match", "search") else ((), False)


def flat(node: Node, sign: str) -> Iterator[Node]:
    """The arguments of nested equal and/or."""
    if isinstance(node, Op) and node.op == sign:
        for arg in node.args:
            yield from flat(arg, sign)
    else:
        yield node


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    while text[:1] in "(（" and text[-1:] in ")）" and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "(（") - (char in ")）")
        if depth == 0:
            return index == len(text) - 1
    return False


def planned(root: Node, source: str, marks: Sequence[Name], schema: Schema) -> tuple[Planned, ...]:
    """The clauses of the outermost and/or; one clause where there is none."""
    planner = _Planner(source, marks, schema)
    while isinstance(root, Op) and root.op == "and" and len(root.args) == 1:  # the wrapper of expect=BOOL
        root = root.args[0]
    if root.kind is Kind.BOOL and isinstance(root, Op) and root.op in ("and", "or"):
        return tuple(planner.plan(part) for part in flat(root, root.op))
    return (planner.plan(root),)
