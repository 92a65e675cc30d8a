"""The library of scenarios: given this flow and these people, when …, then …"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.flows.combine import scenarios
from tests.flows.storyteller import play

FOLDER = Path(__file__).parent / "scenarios"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LIBRARY: list[dict[str, Any]] = [
    one
    for file in sorted(FOLDER.glob("*.yaml"))
    for one in yaml.load(file.read_text(encoding="utf-8"), LOADER)
]


@pytest.mark.parametrize("scenario", LIBRARY, ids=[one["name"] for one in LIBRARY])
def test_scenario(scenario: dict[str, Any]):
    """故事里的每一行都成立。"""
    play(scenario)


def test_the_library_is_large_and_its_names_are_unique():
    """至少 200 个，名字不重复。"""
    names = [one["name"] for one in LIBRARY]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


def test_all_combinations_are_in_the_library():
    """退回 × 表决 × 位置 × 加签 × 走法的每一种组合都在。"""
    assert {one["name"] for one in scenarios()} <= {one["name"] for one in LIBRARY}


def test_a_wrong_line_is_caught():
    """故事不成立时会失败，并说出哪一行。"""
    wrong = {"name": "错", "flow": [{"approve": "a", "who": {"person": "王经理"}}], "story": ["等 陈主管"]}
    with pytest.raises(AssertionError, match="第 1 行「等 陈主管」：在等 王经理"):
        play(wrong)
