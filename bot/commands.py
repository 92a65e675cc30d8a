"""What each command of the console script does. Long work shows progress; the answer is an exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from admin.auth import first_account, set_password
from bot import demo as demo_company
from bot.app import open_store
from bot.app import serve as run_server
from bot.doctor import examine
from bot.export import export_jsonl
from core.commands import SYSTEM, Publish, RebuildAggregate, ReplaceDirectory
from core.companies import read_company
from core.errors import Invalid, Misconfigured, Problem
from core.head import head_path
from core.head import verify as verify_head
from core.keys import Keys
from core.queries.health import stuck
from core.queries.sums import verify as verify_sums
from core.service import Outcome, Service
from core.settings import Settings


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)  # noqa: T201


async def serve(settings: Settings) -> int:
    """Run the server until it is told to stop."""
    store = open_store(settings)
    try:
        password = await first_account(store)
        if password:
            say(f"管理页面 {settings.base_url}/admin 的账号 admin，首次密码 {password}（请登录后修改）")
        await run_server(settings, store)
    finally:
        await asyncio.to_thread(store.close)
    return 0


async def demo(settings: Settings, given: argparse.Namespace) -> int:
    """Everything at once on the embedded default, with the sandbox and the reference company."""
    return await demo_company.run(settings, given.data, given.sandbox_listen)


async def doctor(settings: Settings) -> int:
    """Each precondition in turn; 1 when something is wrong."""
    bad = 0
    async for finding in examine(settings):
        mark = "✓" if finding.ok else "✗"
        say(f"{mark} {finding.name}：{finding.message}")
        if not finding.ok:
            bad += 1
            say(f"    怎么办：{finding.fix}")
    say("全部正常。" if not bad else f"有 {bad} 项需要处理。")
    return 1 if bad else 0


def verify(settings: Settings) -> int:
    """Chain, references, and that nothing is stuck."""
    store = open_store(settings, writable=False)
    keys = Keys.load(settings.master_key_file)
    try:
        with store.read() as uow:
            broken = verify_head(uow, keys, head_path(settings.master_key_file))
            findings = [*([broken] if broken else []), *stuck(uow)]
            rows = uow.audit.count()
    finally:
        store.close()
    for one in findings:
        say(f"✗ {one}")
    say(
        f"审计 {rows} 条，发现 {len(findings)} 个问题。"
        if findings
        else f"审计 {rows} 条，全部完好，没有卡住的事。"
    )
    return 1 if findings else 0


def audit_verify(settings: Settings) -> int:
    """The chain alone."""
    store = open_store(settings, writable=False)
    try:
        with store.read() as uow:
            broken = verify_head(
                uow, Keys.load(settings.master_key_file), head_path(settings.master_key_file)
            )
            rows = uow.audit.count()
    finally:
        store.close()
    say(f"✗ {broken}" if broken else f"审计链完好，共 {rows} 条。")
    return 1 if broken else 0


def export(settings: Settings, _given: argparse.Namespace) -> int:
    """Rows as JSON lines on standard output."""
    store = open_store(settings, writable=False)
    try:
        with store.read() as uow:
            for line in export_jsonl(uow):
                sys.stdout.write(line + "\n")
    finally:
        store.close()
    return 0


def people(settings: Settings, given: argparse.Namespace) -> int:
    """Read a people file into the directory."""
    store = open_store(settings)
    try:
        directory = read_company(given.file.read_text(encoding="utf-8"))
        return _tell(Service(store).perform(ReplaceDirectory(SYSTEM, directory)))
    finally:
        store.close()


def suite(settings: Settings, given: argparse.Namespace) -> int:
    """Publish a folder of definitions, or write those in force into one."""
    if given.what == "export":
        return _suite_export(settings, given.folder)
    store = open_store(settings)
    try:
        return install(Service(store), given.folder)
    finally:
        store.close()


def install(service: Service, folder: Path) -> int:
    """Publish every YAML file of a folder together, so that they may name one another."""
    files = sorted(folder.rglob("*.yaml"))
    if not files:
        raise Misconfigured(f"{folder} 里没有 .yaml 文件。")
    text = "\n---\n".join(one.read_text(encoding="utf-8").strip() for one in files)
    say(f"检查 {len(files)} 个文件……")
    return _tell(service.perform(Publish(SYSTEM, text, f"安装套件 {folder.name}")))


def _suite_export(settings: Settings, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(settings, writable=False)
    try:
        with store.read() as uow:
            heads = uow.definitions.heads()
    finally:
        store.close()
    for one in heads:
        (folder / f"{one.kind}-{one.key}.yaml").write_text(one.source, encoding="utf-8")
    say(f"已写出 {len(heads)} 个定义到 {folder}。")
    return 0


def aggregate(settings: Settings, given: argparse.Namespace) -> int:
    """Check aggregate tables against a recount, or count them again."""
    store = open_store(settings, writable=given.what == "rebuild")
    bad = 0
    try:
        with store.read() as uow:
            keys = [given.key] if given.key else sorted(uow.shelf.book.aggregates)
        for key in keys:
            if given.what == "rebuild":
                outcome = Service(store).perform(RebuildAggregate(SYSTEM, key))
                say(outcome.message)
                bad += not outcome.ok
                continue
            with store.read() as uow:
                found = verify_sums(uow, key)
            say(f"{'✓' if found['ok'] else '✗'} {found['text']}")
            for line in found["differences"]:
                say(f"    {line}")
            bad += not found["ok"]
    finally:
        store.close()
    return 1 if bad else 0


def password(settings: Settings, given: argparse.Namespace) -> int:
    """A new random password for an account."""
    store = open_store(settings)
    try:
        fresh = asyncio.run(set_password(store, given.account))
    finally:
        store.close()
    say(f"账号 {given.account} 的新密码：{fresh}")
    return 0


def _tell(outcome: Outcome) -> int:
    if outcome.problems:
        raise Invalid(tuple(Problem(one.path, one.message) for one in outcome.problems), outcome.message)
    say(outcome.message)
    return 0 if outcome.ok else 1
