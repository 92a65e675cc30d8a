"""A chart image: the product's warm worker beside pyplot with tight_layout, the way most teams begin."""

from __future__ import annotations

import asyncio
import io
from decimal import Decimal

from bench.rounds import Contender
from core.reports.chartdata import ChartData, ChartKind, Series
from core.reports.renderer import Renderer

IMAGES = 10
MONTHS = tuple(f"2026-{n:02d}" for n in range(1, 13))
DATA = ChartData(
    "费用按月", MONTHS, (Series("金额", tuple(Decimal(1000 + 37 * n) for n in range(12))),), "元", "合计"
)


def pyplot() -> int:
    """Ten bar charts."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    for _ in range(IMAGES):
        figure, axes = plt.subplots(figsize=(7.5, 5.6))
        axes.bar(MONTHS, [float(one or 0) for one in DATA.series[0].values])
        axes.set_title("expense by month")
        figure.tight_layout()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
        assert buffer.getvalue().startswith(b"\x89PNG")
    return IMAGES


class Worker:
    """The product's renderer on a loop of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.renderer = Renderer()
        self.loop.run_until_complete(self.renderer.warm())

    def draw(self) -> int:
        """Ten bar charts, with Chinese words, through the worker process."""
        for _ in range(IMAGES):
            png = self.loop.run_until_complete(self.renderer.render(ChartKind.BAR, DATA))
            assert png.startswith(b"\x89PNG")
        return IMAGES


def contenders() -> tuple[list[Contender], list[object]]:
    """Reference first."""
    worker = Worker()
    found = [
        Contender("pyplot, tight_layout (no Chinese font)", pyplot),
        Contender("中枢 renderer, warm", worker.draw),
    ]
    return found, [worker]
