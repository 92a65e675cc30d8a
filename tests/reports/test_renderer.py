"""The worker process: charts come back, failures stay small, nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.reports.chartdata import ChartData, ChartKind, Series
from core.reports.renderer import Renderer, RenderFailed

ROOT = Path(__file__).parents[2]
DATA = ChartData("销售额", ("华东", "华南"), (Series("额", (Decimal(3), Decimal(4))),), "元")
HUGE = ChartData("销售额", ("华东",), (Series("额", (Decimal("1E+40"),)),))


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    one = Renderer()
    yield one
    one.close()


def pids(renderer: Renderer) -> set[int]:
    return {child._process.pid for child in renderer._children}


def of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_chart_comes_back_and_the_server_never_loads_matplotlib():
    code = (
        "import asyncio, sys\n"
        "from tests.reports.test_renderer import DATA, ChartKind, Renderer\n"
        "renderer = Renderer()\n"
        "png = asyncio.run(renderer.render(ChartKind.LINE, DATA))\n"
        "renderer.close()\n"
        "print(png[:4], 'matplotlib' in sys.modules)"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == r"b'\x89PNG' False"


async def test_a_refused_chart_leaves_the_worker_well(renderer: Renderer):
    await renderer.warm()
    before = pids(renderer)
    with pytest.raises(RenderFailed, match="cannot be drawn"):
        await renderer.render(ChartKind.BAR, HUGE)
    assert (await renderer.render(ChartKind.BAR, DATA)).startswith(b"\x89PNG")
    assert pids(renderer) == before


async def test_a_worker_that_hangs_is_killed_and_replaced():
    """画图卡住 5 秒（这里 1 秒）就结束那个进程，下一张图照常。"""
    renderer = Renderer(seconds=1.0)
    await renderer.warm()
    (pid,) = pids(renderer)
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(RenderFailed, match="too long"):
        await renderer.render(ChartKind.BAR, DATA)
    assert time.monotonic() - began < 3
    assert (await renderer.render(ChartKind.BAR, DATA)).startswith(b"\x89PNG")
    assert pid not in pids(renderer)
    renderer.close()


async def test_a_worker_that_died_idle_is_replaced_unnoticed(renderer: Renderer):
    await renderer.warm()
    (pid,) = pids(renderer)
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await renderer.render(ChartKind.BAR, DATA)).startswith(b"\x89PNG")


async def test_workers_are_recycled():
    renderer = Renderer(charts=2)
    await renderer.warm()
    first = pids(renderer)
    pngs = [await renderer.render(ChartKind.BAR, DATA) for _ in range(3)]
    assert len(set(pngs)) == 1
    assert pids(renderer).isdisjoint(first)
    renderer.close()


async def test_the_loop_goes_on_while_charts_are_drawn(renderer: Renderer):
    await renderer.warm()
    work = asyncio.gather(*(renderer.render(ChartKind.BAR, DATA) for _ in range(8)))
    longest, last = 0.0, time.monotonic()
    while not work.done():
        await asyncio.sleep(0.001)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert len(await work) == 8
    assert longest < 0.1


async def test_memory_is_bounded_and_secrets_stay_outside(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ZHONGSHU_DINGTALK_CLIENT_SECRET", "s3cret")
    await renderer.warm()
    (pid,) = pids(renderer)
    limits = of_process(pid, "limits")
    assert str(512 * 1024 * 1024) in next(line for line in limits.splitlines() if "address space" in line)
    assert "s3cret" not in of_process(pid, "environ")


async def test_closing_ends_the_children():
    renderer = Renderer(workers=2)
    await renderer.warm()
    alive = pids(renderer)
    assert len(alive) == 2
    renderer.close()
    assert not any(running(pid) for pid in alive)
    with pytest.raises(RenderFailed):
        await renderer.render(ChartKind.BAR, DATA)
