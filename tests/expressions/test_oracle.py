"""The Excel functions agree with an evaluator that is not ours: PyPI `formulas` (ZHONGSHU_ORACLE=2500 for the long run)."""

from __future__ import annotations

import os
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from expression_samples import BARE_SCOPE, ORDER

from core.expressions import compile

CASES = int(os.environ.get("ZHONGSHU_ORACLE", "400"))
formulas = pytest.importorskip("formulas")


class Writer:
    """Formulas that Excel and we write alike."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def amount(self) -> str:
        r = self.random
        return r.choice(["0", "1", str(r.randint(-999, 999)), f"{r.randint(-99999, 99999) / 1000:.3f}"])

    def number(self, depth: int = 2) -> str:
        r = self.random
        if not depth or r.random() < 0.25:
            return self.amount()
        one, two = self.number(depth - 1), self.number(depth - 1)
        return r.choice(
            [
                f"ROUND({one},{r.randint(-2, 3)})",
                f"ROUNDUP({one},{r.randint(0, 3)})",
                f"ROUNDDOWN({one},{r.randint(0, 3)})",
                f"INT({one})",
                f"ABS({one})",
                f"MOD({one},{r.choice([2, 3, 7, -3])})",
                f"SUM({one},{two},{self.amount()})",
                f"MAX({one},{two})",
                f"MIN({one},{two})",
                f"AVERAGE({one},{two})",
                f"({one}+{two})",
                f"({one}-{two})",
                f"({one}*{two})",
                f"IF({self.condition(depth - 1)},{one},{two})",
                f"LEN({self.text(depth - 1)})",
                f"YEAR({self.day()})",
                f"MONTH({self.day()})",
                f"DAY({self.day()})",
            ]
        )

    def day(self) -> str:
        r = self.random
        return f"DATE({r.randint(1950, 2090)},{r.randint(1, 12)},{r.randint(1, 28)})"

    def condition(self, depth: int = 1) -> str:
        r = self.random
        one, two = self.number(max(depth - 1, 0)), self.number(max(depth - 1, 0))
        simple = f"{one}{r.choice(['>', '<', '>=', '<='])}{two}"
        if not depth:
            return simple
        return r.choice(
            [simple, f"AND({simple},{self.condition(depth - 1)})", f"OR({simple},{simple})", f"NOT({simple})"]
        )

    def text(self, depth: int = 1) -> str:
        r = self.random
        word = '"' + "".join(r.choice("abcXYZ 中文") for _ in range(r.randint(1, 8))) + '"'
        if not depth:
            return word
        inner = self.text(depth - 1)
        return r.choice(
            [
                word,
                f"LEFT({inner},{r.randint(0, 5)})",
                f"RIGHT({inner},{r.randint(0, 5)})",
                f"MID({inner},{r.randint(1, 4)},{r.randint(0, 4)})",
                f"CONCAT({inner},{word})",
                f"TRIM({inner})",
            ]
        )


def theirs(text: str) -> Any:
    """What the other evaluator says, as a plain Python value."""
    found = formulas.Parser().ast(f"={text}")[1].compile()()
    value = found.tolist() if hasattr(found, "tolist") else found
    while isinstance(value, list):
        value = value[0]
    return value


def ours(text: str) -> Any:
    value = compile(text, ORDER).evaluate({}, BARE_SCOPE)
    return "" if value is None else value


def agree(one: Any, other: Any) -> bool:
    """Numbers to 9 digits: theirs are binary floats."""
    if isinstance(one, Decimal) and isinstance(other, int | float) and not isinstance(other, bool):
        return abs(float(one) - other) <= 1e-9 * max(1.0, abs(other))
    return bool(one == other)


@pytest.mark.timeout(600)
def test_generated_formulas_agree_with_another_evaluator() -> None:
    """同一个公式，两个互不相干的计算器，同一个结果。"""
    writer = Writer(20261124)
    differ = []
    for n in range(CASES):
        text = [writer.number, writer.text, lambda: f"IF({writer.condition()},1,2)"][n % 3]()
        one, other = ours(text), theirs(text)
        if not agree(one, other):
            differ.append((text, one, other))
    assert differ == []
