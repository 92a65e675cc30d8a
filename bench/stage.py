"""A company on a bench: a temporary folder, the sandbox and the server as processes of their own.

The server is the product's own `python -m bot serve` with nothing but its environment; it is ended by its own id.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import aiohttp
from pydantic import SecretStr

from bot.app import house_of
from bot.demo import PEOPLE, ROOT, SUITES, TEMPLATES, settings_for
from core.commands import SYSTEM, MakeApiKey, Publish, ReplaceDirectory
from core.companies import read_company
from core.service import Service
from core.settings import Settings
from core.store.work import Store

OWN_SUITE = Path(__file__).parent / "suite"
POLL = 0.02


@dataclass
class Stage:
    """Where a run takes place. `keys`: API key by person id."""

    folder: Path
    settings: Settings
    sandbox_address: str
    keys: dict[str, str] = field(default_factory=dict)
    server: asyncio.subprocess.Process | None = None
    sandbox: asyncio.subprocess.Process | None = None

    @property
    def server_url(self) -> str:
        """Where the server answers."""
        return f"http://{self.settings.listen}"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers."""
        return f"http://{self.sandbox_address}"

    @property
    def environment(self) -> dict[str, str]:
        """The server's settings as ZHONGSHU_* variables; nothing of ours but them."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ZHONGSHU_")}
        named = {f"ZHONGSHU_{key.upper()}": _text(value) for key, value in self.settings}
        return {**kept, **named, "PYTHONUNBUFFERED": "1"}

    async def start_sandbox(self, http: aiohttp.ClientSession) -> None:
        """The stand-in clouds; answers when they do."""
        command = ["-m", "sandbox", "--listen", self.sandbox_address, "--people", str(PEOPLE)]
        command += ["--callback", f"{self.server_url}/callbacks/wecom"]
        command += ["--state", str(self.folder / "phones")]
        for name in ("form", "task"):
            template = getattr(self.settings, f"dingtalk_{name}_template")
            command += ["--template", f"{template}={TEMPLATES / name}.json"]
        self.sandbox = await self._run("sandbox.log", *command)
        await answering(http, f"{self.sandbox_url}/sandbox/api/health", self.sandbox)

    async def spawn_server(self) -> None:
        """Start the server; it is not ready yet."""
        self.server = await self._run("server.log", "-m", "bot", "serve")

    async def start_server(self, http: aiohttp.ClientSession) -> float:
        """Start the server; the seconds until /readyz says yes."""
        began = time.perf_counter()
        await self.spawn_server()
        assert self.server is not None
        await answering(http, f"{self.server_url}/readyz", self.server)
        return time.perf_counter() - began

    async def kill_server(self) -> None:
        """SIGKILL: no clean-up, no last word."""
        assert self.server is not None
        self.server.kill()
        await self.server.wait()

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run a `zhongshu` command; its exit code and standard output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", *arguments),
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if process.returncode:
            (self.folder / "command.log").write_bytes(errors)
        return process.returncode or 0, output.decode()

    async def close(self) -> None:
        """End both processes, politely first."""
        for process in (self.server, self.sandbox):
            if process is None or process.returncode is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _run(self, log: str, *arguments: str) -> asyncio.subprocess.Process:
        output: IO[bytes] = await asyncio.to_thread((self.folder / log).open, "ab")
        with output:
            return await asyncio.create_subprocess_exec(
                sys.executable, *arguments, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )


def set_up(folder: Path, database_url: str = "") -> Stage:
    """The reference company in an empty database, both suites published, an API key for everybody.

    Never the database of the caller's environment: SQLite in the folder, or the one named here. Raises
    RuntimeError when that one is not empty.
    """
    url = database_url or f"sqlite:///{folder / 'zhongshu.db'}"
    sandbox = f"127.0.0.1:{free_port()}"
    given = Settings(listen=f"127.0.0.1:{free_port()}", public_url="", database_url=url)
    stage = Stage(folder, settings_for(given, folder, sandbox), sandbox)
    store = Store.open(url, house_of(stage.settings))
    try:
        with store.read() as uow:
            if uow.people.people:
                raise RuntimeError("the database is not empty")
        _furnish(Service(store), stage)
    finally:
        store.close()
    return stage


def _furnish(service: Service, stage: Stage) -> None:
    people = read_company(PEOPLE.read_text(encoding="utf-8"))
    _must(service.perform(ReplaceDirectory(SYSTEM, people)))
    files = [*sorted((SUITES / "office").rglob("*.yaml")), *sorted(OWN_SUITE.rglob("*.yaml"))]
    text = "\n---\n".join(one.read_text(encoding="utf-8").strip() for one in files)
    _must(service.perform(Publish(SYSTEM, text, "bench")))
    for person in people.people:
        made = service.perform(MakeApiKey(SYSTEM, "bench", person))
        _must(made)
        stage.keys[person] = made.data["secret"]


def _must(outcome: Any) -> None:
    if not outcome.ok:
        raise RuntimeError(f"{outcome.message} {outcome.problems}")


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def free_port() -> int:
    """A loopback port that nobody has right now, below those that the kernel gives to outgoing connections.

    While the server is dead its port must not be taken by a client's end of a connection. Raises
    RuntimeError when none is found.
    """
    for _ in range(100):
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 15000 and 30000")


async def answering(
    http: aiohttp.ClientSession, url: str, process: asyncio.subprocess.Process, limit: float = 60
) -> None:
    """Wait until the address answers 200. Raises RuntimeError when the process ends or takes too long."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if process.returncode is not None:
            raise RuntimeError(f"process {process.pid} ended with {process.returncode} before {url} answered")
        try:
            async with http.get(url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
                if answer.status == 200:
                    return
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(POLL)
    raise RuntimeError(f"{url} did not answer within {limit:.0f} s")
