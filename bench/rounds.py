"""Contenders in turn, A B C A B C …: a ratio is the median over rounds of (contender / reference of that round)."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Contender:
    """One way to do the work. `run` does it once, checks its own end state, and returns units done.

    prepare  what has to stand before a run; not part of the time
    """

    name: str
    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def measure(contenders: list[Contender], rounds: int) -> None:
    """Run all contenders in turn, `rounds` times."""
    for number in range(rounds):
        for one in contenders:
            one.prepare()
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            units = one.run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            one.rates.append(units / wall)
            one.cpu.append(cpu / units * 1e6)
            print(f"  round {number + 1}: {one.name:42} {units / wall:10.0f}/s", flush=True)


def table(title: str, unit: str, contenders: list[Contender]) -> str:
    """Medians, and ratios against the first contender."""
    reference = contenders[0]
    lines = [f"\n{title}", f"{'':42} {unit + '/s':>12} {'× first':>8} {'CPU µs/' + unit:>12}"]
    for one in contenders:
        ratio = statistics.median(a / b for a, b in zip(one.rates, reference.rates, strict=True))
        lines.append(
            f"{one.name:42} {statistics.median(one.rates):12.0f} {ratio:8.2f} {statistics.median(one.cpu):12.0f}"
        )
    return "\n".join(lines)
