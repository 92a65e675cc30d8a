"""Where rule_engine and we say the same words, we mean the same: precedence, exact numbers, // and %."""

from decimal import Decimal
from random import Random

from expression_samples import SCOPE

from core.expressions import Kind, Schema, Symbol, compile

SCHEMA = Schema(
    "行",
    (
        Symbol("a", "甲", Kind.NUMBER),
        Symbol("b", "乙", Kind.NUMBER),
        Symbol("s", "字", Kind.TEXT),
        Symbol("t", "文", Kind.TEXT),
    ),
)
ROWS: tuple[dict[str, object], ...] = (
    {"a": Decimal(7), "b": Decimal("-2.5"), "s": "abc", "t": "b"},
    {"a": Decimal("-0.1"), "b": Decimal(3), "s": "", "t": "客户"},
)


def numeric(random: Random, depth: int) -> str:
    if depth and random.random() < 0.7:
        left, right = numeric(random, depth - 1), numeric(random, depth - 1)
        sign = random.choice(("+", "-", "*", "/ 4 -", "// 2 +", "% 4 *"))
        return f"({left} {sign} {right})" if random.random() < 0.3 else f"{left} {sign} {right}"
    return random.choice(("a", "b", "2", "0.1", "-3", "-a", "12.50"))


def condition(random: Random, depth: int) -> str:
    if depth and random.random() < 0.6:
        shape = random.choice(("{} and {}", "{} or {}", "not {} and {}", "not ({} or {})", "({} or {})"))
        return shape.format(condition(random, depth - 1), condition(random, depth - 1))
    return random.choice(
        (
            f"{numeric(random, 2)} {random.choice(('<', '<=', '>', '>=', '==', '!='))} {numeric(random, 2)}",
            f"s {random.choice(('==', '!=', '<', '>='))} t",
            "t in s",
            's not in ["abc", "x"]',
            "a in [7, 2.5]",
            "(a > 0 ? a : b) > 1",
        )
    )


def test_rule_engine_itself_gives_the_same_answers() -> None:
    """400 random conditions and 400 sums, against the library's own evaluation."""
    import rule_engine  # built once, here

    random = Random(11)
    for _ in range(400):
        for text in (condition(random, 2), numeric(random, 3)):
            ours, theirs = compile(text, SCHEMA), rule_engine.Rule(text)
            for row in ROWS:
                assert ours.evaluate(row, SCOPE) == theirs.evaluate(row), text
