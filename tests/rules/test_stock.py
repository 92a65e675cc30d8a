"""Parallel movements with a kill in between: the small version of `python -m bench.stock`."""

from __future__ import annotations

import pytest

from bench.stock import attack, audit, prepare

MOVES = 240


@pytest.mark.timeout(240)
def test_sums_are_exact_after_a_kill(database_url: str):
    """16 个线程写库存流水，中途杀掉进程再启动：现存和金额与重算、与算术都一致。"""
    prepare(database_url)
    attack(database_url, MOVES, kills=1, after=(3, 5))
    audit(database_url, MOVES)
