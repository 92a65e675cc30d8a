"""Computed variables and conditions of card templates, and the clock everything ends by."""

import asyncio
import time
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.dingtalk_template import evaluate, parse, typed_value, visible
from tests.sandbox.template import TEMPLATE, part, when


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("status == 'open'", True),
        ("status != 'open'", False),
        ("status == 'done' ? 'green' :\n(status == 'open' ? 'blue' : 'red')", "blue"),
        ("!flag && status == 'open'", True),
        ("flag || 'x'", "x"),
        ("count == 3", True),
        ("a.b == 'deep'", True),
        ("nobody == ''", True),
        ("status +++ 'x'", None),
    ],
)
def test_computed_variables(expression: str, value: Any) -> None:
    assert evaluate(expression, {"status": "open", "flag": False, "count": 3, "a": {"b": "deep"}}) == value


@pytest.mark.parametrize(
    ("op", "wanted", "shown"),
    [("isTrue", "", True), ("isFalse", "", False), ("equal", "yes", True), ("notEqual", "yes", False)],
)
def test_conditions(op: str, wanted: str, shown: bool) -> None:
    component = parse("t", TEMPLATE).root
    raw = part("BaseText", "x", visible=when("said", op, wanted))
    assert visible(component.__class__(raw["id"], "BaseText", raw["props"], ()), {"said": "yes"}) is shown


@pytest.mark.parametrize(
    ("kind", "text"),
    [("form", "[1"), ("buttonGroup", "{}"), ("number", "viel"), ("boolean", "ja"), ("object", "5")],
)
def test_a_value_that_is_not_its_type(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        typed_value(kind, text)


async def test_sleepers_wake_when_the_clock_is_moved() -> None:
    clock, started = Clock(), time.monotonic()
    sleeping = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0.01)
    clock.advance(1800)
    await asyncio.sleep(0.01)
    assert not sleeping.done()
    clock.advance(1801)
    await asyncio.wait_for(sleeping, 1)
    assert time.monotonic() - started < 2
