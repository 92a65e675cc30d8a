"""Why an expression came out as it did: each clause with the values of its sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.expressions.checker import Name
from core.expressions.closures import closure
from core.expressions.env import Env
from core.expressions.labels import render
from core.expressions.nodes import Node, Op
from core.expressions.values import Clause, ExpressionError, Kind, Schema

COMPARING = {"eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "ends", "has"}


@dataclass(frozen=True)
class _Explainer:
    env: Env
    source: str
    marks: Sequence[Name]
    schema: Schema

    def clause(self, node: Node) -> Clause:
        text = render(self.source, self.marks, self.schema, node.span)
        value = self.value(node)
        truth = value if isinstance(value, bool) else None
        if isinstance(node, Op) and node.op in ("and", "or", "not"):
            inner = node.args if node.op == "not" else tuple(flat(node, node.op))
            return Clause(_bare(text), truth, value, tuple(self.clause(part) for part in inner))
        return Clause(_bare(text), truth, self.sides(node, value))

    def sides(self, node: Node, value: object) -> object:
        """Both sides of a comparison; the member and the list of 属于; otherwise the value."""
        if not isinstance(node, Op):
            return value
        if node.op in COMPARING:
            return tuple(self.value(arg) for arg in node.args)
        if node.op == "in":
            return (self.value(node.args[0]), [self.value(arg) for arg in node.args[1:]])
        return self.value(node.args[0]) if node.op in ("blank", "match", "search") else value

    def value(self, node: Node) -> object:
        """The value, or the sentence that says why there is none."""
        try:
            return closure(node)(self.env)
        except ExpressionError as error:
            return error.message


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


def explained(root: Node, env: Env, source: str, marks: Sequence[Name], schema: Schema) -> tuple[Clause, ...]:
    """The clauses of the outermost and/or; one clause where there is none."""
    explainer = _Explainer(env, source, marks, schema)
    while isinstance(root, Op) and root.op == "and" and len(root.args) == 1:  # the wrapper of expect=BOOL
        root = root.args[0]
    if root.kind is Kind.BOOL and isinstance(root, Op) and root.op in ("and", "or"):
        return tuple(explainer.clause(part) for part in flat(root, root.op))
    return (explainer.clause(root),)
