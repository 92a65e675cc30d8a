"""`make demo`: the sandbox beside the server, the reference company, some history, and the links to begin with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from pydantic import SecretStr

from admin.auth import first_account, one_time_link
from bot.app import house_of, serve
from core.canon import sha256
from core.commands import (
    SYSTEM,
    CreateRecord,
    Decide,
    LearnGroup,
    Publish,
    ReplaceDirectory,
    SaveGroup,
)
from core.companies import read_company
from core.errors import Misconfigured
from core.keys import Keys
from core.service import Service
from core.settings import Settings
from core.store.groups import GROUP_PLACE
from core.store.work import House, Store, UnitOfWork
from core.sweeps import Sweeps

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "suites"
PEOPLE = SUITES / "company" / "people.yaml"
SMTP_HOST = "127.0.0.1"
TEMPLATES = ROOT / "bot" / "adapters" / "templates"


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)  # noqa: T201


def settings_for(settings: Settings, data: Path, sandbox: str) -> Settings:
    """The settings of the reference company: everything points to the sandbox."""
    company = yaml.safe_load(PEOPLE.read_text(encoding="utf-8"))["company"]
    ding, wecom, post = company["dingtalk"], company["wecom"], company["post"]
    base = f"http://{sandbox}"
    return settings.model_copy(
        update={
            "database_url": settings.database_url
            if "database_url" in settings.model_fields_set
            else f"sqlite:///{data / 'zhongshu.db'}",
            "master_key_file": data / "master.key",
            "company": company["name"],
            "dingtalk_client_id": ding["client_id"],
            "dingtalk_client_secret": SecretStr(ding["client_secret"]),
            "dingtalk_robot_code": ding["robot_code"],
            "dingtalk_corp_id": ding["corp_id"],
            "dingtalk_form_template": ding["form_template"],
            "dingtalk_task_template": ding["task_template"],
            "dingtalk_api_base": base,
            "dingtalk_oapi_base": base,
            "dingtalk_login_base": base,
            "wecom_corp_id": wecom["corp_id"],
            "wecom_agent_id": wecom["agent_id"],
            "wecom_secret": SecretStr(wecom["secret"]),
            "wecom_token": SecretStr(wecom["token"]),
            "wecom_aes_key": SecretStr(wecom["aes_key"]),
            "wecom_api_base": base,
            "wecom_login_base": base,
            "outward_allow": sandbox,
            "mail_host": SMTP_HOST,
            "mail_port": smtp_port(sandbox),
            "mail_tls": "none",
            "mail_user": post["user"],
            "mail_password": SecretStr(post["password"]),
            "mail_from": f"{company['name']} <{post['address']}>",
            "sms_url": f"{base}/sms/send",
            "sms_key": SecretStr(post["sms_key"]),
            "sms_template": "zhongshu-notice",
        }
    )


def smtp_port(sandbox: str) -> int:
    """The sandbox's mail server listens one port above its page."""
    return int(sandbox.rpartition(":")[2]) + 1


async def run(settings: Settings, data: Path, sandbox: str) -> int:
    """Start everything; returns when told to stop."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    ours = settings_for(settings, data, sandbox)
    store = await asyncio.to_thread(Store.open, ours.database_url, house_of(ours))
    try:
        if await asyncio.to_thread(seed, store):
            await asyncio.to_thread(reach_out, Service(store), Keys.load(ours.master_key_file))
            say("已建好示例公司：8 位同事和全部套件。")
        await first_account(store)
        async with _sandbox(ours, data, sandbox):
            ready = asyncio.Event()
            server = asyncio.create_task(serve(ours, store, ready))
            waiting = asyncio.create_task(ready.wait())
            await asyncio.wait((server, waiting), return_when=asyncio.FIRST_COMPLETED)
            if server.done():
                waiting.cancel()
                await server
                return 1
            sweeps = Sweeps(Service(store))
            for key in await asyncio.to_thread(_rules, store):
                await asyncio.to_thread(sweeps.run, key)
            say("")
            say(f"  两部手机（钉钉 + 企业微信）   http://{sandbox}/")
            say(f"  管理页面（一次性登录链接）    {await one_time_link(store, ours.base_url, 'admin')}")
            say("")
            say("  试一试：在小李的钉钉里输入「报销」。按 Ctrl+C 结束。")
            await server
    finally:
        await asyncio.to_thread(store.close)
    return 0


@asynccontextmanager
async def _sandbox(settings: Settings, data: Path, listen: str) -> AsyncIterator[None]:
    """The stand-in clouds as a process of their own, ended by its own id."""
    command = [sys.executable, "-m", "sandbox", "--listen", listen, "--people", str(PEOPLE)]
    command += ["--state", str(data / "sandbox"), "--static", str(ROOT / "admin" / "static")]
    command += ["--callback", f"{settings.base_url}/callbacks/wecom"]
    command += ["--smtp", f"{SMTP_HOST}:{smtp_port(listen)}"]
    for name, file in ((settings.dingtalk_form_template, "form"), (settings.dingtalk_task_template, "task")):
        command += ["--template", f"{name}={TEMPLATES / file}.json"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    try:
        await _answers(f"http://{listen}/sandbox/api/health", process)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 10)


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession(trust_env=False) as http:
        for _ in range(100):
            if process.returncode is not None:
                raise Misconfigured(
                    "沙箱没有启动成功，请看上面的提示（端口被占用？用 --sandbox-listen 换一个）。"
                )
            try:
                async with http.get(url, timeout=aiohttp.ClientTimeout(total=1)):
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.1)
    raise Misconfigured(f"沙箱 10 秒内没有应答：{url}")


# --- history --------------------------------------------------------------------------------------


def seed(store: Store) -> bool:
    """People, suites and some history into an empty database; False when it is not empty."""
    with store.read() as uow:
        if uow.people.people:
            return False
    service = Service(store)
    _must(service.perform(ReplaceDirectory(SYSTEM, read_company(PEOPLE.read_text(encoding="utf-8")))))
    files = sorted(one for one in SUITES.rglob("*.yaml") if one.parent != PEOPLE.parent)
    text = "\n---\n".join(one.read_text(encoding="utf-8").strip() for one in files)
    _must(service.perform(Publish(SYSTEM, text, "示例公司")))
    history = yaml.safe_load((PEOPLE.parent / "history.yaml").read_text(encoding="utf-8"))
    _play(store, history, store.house.clock())
    return True


def reach_out(service: Service, keys: Keys) -> None:
    """The groups, and the rules that use them, the mailbox and the SMS gateway of the reference company."""
    know_groups(service, keys)
    rules = (PEOPLE.parent / "reach.yaml").read_text(encoding="utf-8")
    _must(service.perform(Publish(SYSTEM, rules, "示例公司")))


def know_groups(service: Service, keys: Keys) -> None:
    """The groups of the reference company, as an administrator would enter them: WeCom's by their webhooks."""
    for one in yaml.safe_load(PEOPLE.read_text(encoding="utf-8")).get("groups", ()):
        if one.get("conversation"):
            _must(service.perform(LearnGroup(SYSTEM, "dingtalk", one["conversation"], one["name"])))
        if one.get("webhook"):
            sealed = keys.seal(GROUP_PLACE, one["webhook"])
            key = sha256(one["webhook"])
            _must(service.perform(SaveGroup(SYSTEM, "", one["name"], "wecom", "webhook", sealed, key)))


def _play(store: Store, history: list[dict[str, Any]], now: datetime) -> None:
    """Records as they were made in the past: the same door with an earlier clock, and nobody is told."""
    ids: dict[str, str] = {}
    for act in history:
        at = now - timedelta(days=act["days_ago"])
        past = _past(store, at)
        values: dict[str, Any] = {
            key: ids.get(value, value) if isinstance(value, str) else value
            for key, value in act["values"].items()
        }
        for row in values.get("items", ()):
            row["spent_on"] = (at - timedelta(days=row.pop("days_before"))).date().isoformat()
        outcome = past.perform(CreateRecord(act["by"], act["form"], values))
        _must(outcome)
        if "as" in act:
            ids[act["as"]] = outcome.data["record_id"]
        if outcome.data.get("instance_id"):
            _approve_all(past, outcome.data["instance_id"])


def _rules(store: Store) -> list[str]:
    """The rules to run once at the start, so that a newcomer sees a reminder without waiting for nine o'clock."""
    with store.read() as uow:
        return uow.shelf.keys("rule")


def _past(store: Store, at: datetime) -> Service:
    house: House = replace(store.house, clock=lambda: at, quiet=True)
    return Service(store.at(house))


def _approve_all(service: Service, instance_id: str) -> None:
    def waiting(uow: UnitOfWork) -> list[tuple[str, str]]:
        instance = uow.instances.load(instance_id)
        return [(one.id, one.assignee) for one in (instance.open_tasks() if instance else ())]

    for _ in range(10):
        with service.store.read() as uow:
            tasks = waiting(uow)
        if not tasks:
            return
        for task, person in tasks:
            _must(service.perform(Decide(person, task, "approve")))


def _must(outcome: Any) -> None:
    if not outcome.ok:
        details = "；".join(f"{one.path} {one.message}" for one in outcome.problems)
        raise Misconfigured(f"示例公司没有建成：{outcome.message} {details}")
