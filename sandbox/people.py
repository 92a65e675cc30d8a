"""The company both clouds know: read once from people.yaml, never changed by the product.

Each platform numbers departments itself; here 1 is the company and the others follow in file order, from 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

ROOT = "root"


class Platform(StrEnum):
    DINGTALK = "dingtalk"
    WECOM = "wecom"


@dataclass(frozen=True)
class DingTalkApp:
    corp_id: str
    client_id: str
    client_secret: str
    robot_code: str


@dataclass(frozen=True)
class WeComApp:
    """`aes_key` is the EncodingAESKey of 43 characters as the console shows it."""

    corp_id: str
    agent_id: int
    secret: str
    token: str
    aes_key: str


@dataclass(frozen=True)
class Department:
    key: str
    number: int
    name: str
    parent: int
    head: str | None


@dataclass(frozen=True)
class Person:
    """`accounts` holds the user id on each platform the person is on; `unionid` is DingTalk's."""

    key: str
    name: str
    nick: str
    title: str
    department: str
    manager: str | None
    accounts: dict[Platform, str]
    unionid: str


@dataclass(frozen=True)
class PostOffice:
    """The mailbox that the product sends from, and the key that its SMS are signed with."""

    user: str = "zhongshu"
    password: str = "sandbox-mail-password"  # noqa: S105 - of the sandbox alone
    sms_key: str = "sandbox-sms-signing-key"
    address: str = "zhongshu@sandbox.example"


@dataclass(frozen=True)
class Group:
    """`conversation`: on DingTalk, with the robot in it; `webhook`, `chat`: on WeCom, a robot's key, the app's chat."""

    key: str
    name: str
    conversation: str
    members: tuple[str, ...]
    webhook: str = ""
    chat: str = ""

    @property
    def platforms(self) -> tuple[Platform, ...]:
        on = {Platform.DINGTALK: self.conversation, Platform.WECOM: self.webhook or self.chat}
        return tuple(platform for platform, here in on.items() if here)


class Company:
    """The directory with the look-ups both clouds need. User ids on WeCom are compared without case."""

    def __init__(
        self,
        name: str,
        apps: tuple[DingTalkApp, WeComApp],
        departments: list[Department],
        people: list[Person],
        groups: list[Group],
        post: PostOffice | None = None,
    ) -> None:
        self.name = name
        self.post = post or PostOffice()
        self.dingtalk, self.wecom = apps
        self.departments = {d.key: d for d in departments}
        self.people = {p.key: p for p in people}
        self.groups = {g.key: g for g in groups}
        self._accounts = {
            (platform, _fold(platform, uid)): p for p in people for platform, uid in p.accounts.items()
        }
        self._unions = {p.unionid: p for p in people if p.unionid}

    def member(self, platform: Platform, userid: str) -> Person | None:
        return self._accounts.get((platform, _fold(platform, userid)))

    def by_unionid(self, unionid: str) -> Person | None:
        return self._unions.get(unionid)

    def group_of(self, conversation: str) -> Group | None:
        here = (g for g in self.groups.values() if conversation and g.conversation == conversation)
        return next(here, None)

    def members_of(self, platform: Platform, department: str | None = None) -> Iterator[Person]:
        """Everybody on the platform, or those whose own department it is (not those below)."""
        for person in self.people.values():
            if platform in person.accounts and department in (None, person.department):
                yield person

    def department_numbered(self, number: int) -> Department | None:
        return next((d for d in self.departments.values() if d.number == number), None)

    def account(self, platform: Platform, key: str | None) -> str | None:
        """The user id of the person with that key in people.yaml, None when not on the platform."""
        person = self.people.get(key or "")
        return person.accounts.get(platform) if person else None


def _fold(platform: Platform, userid: str) -> str:
    return userid.lower() if platform is Platform.WECOM else userid


def load(path: Path) -> Company:
    """Read people.yaml (shape: docs/sandbox.md section 5). Raises ValueError naming what is wrong in the
    file.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return parse(raw)
    except (KeyError, TypeError) as mistake:
        raise ValueError(f"{path}: {mistake!r} is missing or has the wrong shape") from mistake


def parse(raw: dict[str, Any]) -> Company:
    company = raw["company"]
    ding, wecom = company["dingtalk"], company["wecom"]
    apps = (
        DingTalkApp(ding["corp_id"], ding["client_id"], ding["client_secret"], ding["robot_code"]),
        WeComApp(wecom["corp_id"], int(wecom["agent_id"]), wecom["secret"], wecom["token"], wecom["aes_key"]),
    )
    departments = _departments(company["name"], raw.get("departments") or [])
    people = [_person(item) for item in raw["people"]]
    groups = [
        Group(
            g["id"],
            g["name"],
            str(g.get("conversation") or ""),
            tuple(g.get("members") or ()),
            str(g.get("webhook") or ""),
            str(g.get("chat") or ""),
        )
        for g in raw.get("groups") or []
    ]
    post = PostOffice(**(company.get("post") or {}))
    return Company(company["name"], apps, departments, people, groups, post)


def _departments(company: str, raw: list[dict[str, Any]]) -> list[Department]:
    numbers = {ROOT: 1} | {item["id"]: 2 + i for i, item in enumerate(d for d in raw if d["id"] != ROOT)}
    top = next((d for d in raw if d["id"] == ROOT), {"name": company})
    found = [Department(ROOT, 1, top["name"], 0, top.get("head"))]
    for item in raw:
        if item["id"] != ROOT:
            parent = numbers[item.get("parent") or ROOT]
            found.append(Department(item["id"], numbers[item["id"]], item["name"], parent, item.get("head")))
    return found


def _person(item: dict[str, Any]) -> Person:
    accounts = {p: str(item[p.value]["userid"]) for p in Platform if item.get(p.value)}
    unionid = (item.get("dingtalk") or {}).get("unionid") or ""
    return Person(
        key=item["id"],
        name=item["name"],
        nick=item.get("nick") or item["name"],
        title=item.get("title") or "",
        department=item.get("department") or ROOT,
        manager=item.get("manager"),
        accounts=accounts,
        unionid=str(unionid),
    )
