"""Illegal approvals through API, H5 and import: none succeeds, each is answered, each leaves an audit row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core import commands as c
from tests.company import count
from tests.http.conftest import CLAIM, Browser, Company
from tests.http.test_h5 import Phone

CLAIMS = 22
OTHER_FLOW = """
form: other
title: 别的
fields: [{key: memo, label: 备注, type: text}]
---
flow: other_flow
form: other
steps: [{approve: 一审, who: {manager: 1}}]
"""


@dataclass
class Burglar:
    """Tries what must not work, over HTTP."""

    company: Company
    browser: Browser
    keys: dict[str, str] = field(default_factory=dict)
    tried: int = 0

    def key(self, person: str) -> str:
        """A fresh key of a person, so that no rate limit gets in the way."""
        return str(self.company.done(c.MakeApiKey("system", "t", person, 30))["secret"])

    def seen(self) -> tuple[int, list[tuple[str, str, int]]]:
        """Refusals in the trail, and every instance's state."""
        with self.company.store.read() as uow:
            refusals = count(uow, "SELECT count(*) FROM audit WHERE action = 'CommandRefused'")
            rows = [(row["id"], row["state"], row["version"]) for row in uow.instances.page(limit=500)]
            return refusals, rows

    async def tries(
        self, method: str, path: str, body: Any, headers: dict[str, str], statuses: tuple[int, ...]
    ) -> None:
        """One attempt: refused with a sentence, nothing changed, one more row in the trail."""
        before = self.seen()
        self.tried += 1
        answer = await self.browser.request(method, path, json=body, headers=headers)
        found = await answer.json()
        after = self.seen()
        assert answer.status in statuses, (path, answer.status, found)
        assert found["message"], found
        assert after[1] == before[1], f"{path} {body} succeeded"
        assert after[0] == before[0] + 1, f"{path} {body}: no trace of {answer.status} {found}"

    async def api(self, secret: str, task: str, body: dict[str, Any], *statuses: int) -> None:
        """Through the open API."""
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"burglar-{self.tried}"}
        await self.tries("POST", f"/api/v1/tasks/{task}/decide", body, headers, statuses)


def yes(version: int = 0, **more: Any) -> dict[str, Any]:
    """A verdict."""
    return {"verdict": "approve", "comment": "", "version": version, **more}


async def test_no_illegal_approval_succeeds_over_the_api(company: Company, browser: Browser):
    """没有分派、范围外的委托、过期的版本、伪造的密钥、没有权限的字段、处理完的待办、审批中改数据：一次都不成。"""
    burglar = Burglar(company, browser)
    company.done(c.Publish("system", OTHER_FLOW))
    now = company.clock()
    company.done(
        c.Delegate("wang", "wang", "liu", now - timedelta(days=1), now + timedelta(days=9), ("other_flow",))
    )
    for _ in range(CLAIMS):
        made = company.claim()
        task, wang = made["task_id"], burglar.key("wang")
        await burglar.api(burglar.key("li"), task, yes(), 403, 404)
        await burglar.api(burglar.key("liu"), task, yes(), 403, 404)
        await burglar.api(burglar.key("chen"), task, yes(), 403, 404)
        await burglar.api(wang[:-6] + "aaaaaa", task, yes(), 401)
        await burglar.api(wang, task, yes(version=7), 409)
        await burglar.api(wang, task, yes(values={"reason": "改掉"}), 403)
        await burglar.api(wang, task, yes(values={"total": "0.01"}), 403)
        await burglar.api(wang, task, {"verdict": "reject", "values": {"reason": "改掉"}}, 403)
        path = f"/api/v1/forms/expense_claim/records/{made['record_id']}"
        headers = {"Authorization": f"Bearer {burglar.key('li')}", "Idempotency-Key": f"b-{burglar.tried}"}
        await burglar.tries("PATCH", path, {"version": 1, "values": {"reason": "改掉"}}, headers, (409,))
        assert company.do(c.Decide("wang", task, "approve")).ok
        await burglar.api(burglar.key("wang"), task, yes(), 409)
    assert burglar.tried == CLAIMS * 10


async def test_no_illegal_approval_succeeds_on_the_page(company: Company, browser: Browser):
    """页面上：别人的待办、过期的版本、伪造的令牌和会话、没有权限的字段、处理完的待办：一次都不成。"""
    burglar = Burglar(company, browser)
    wang = Phone(company, browser, "wang")
    for _ in range(CLAIMS):
        made = company.claim()
        other = company.done(c.CreateRecord("sun", "expense_claim", CLAIM))
        with company.store.read() as uow:
            theirs = uow.instances.load(other["instance_id"])
        assert theirs is not None
        handle = company.card("task", made["task_id"], "wang").handle
        await wang.opens(handle)
        path, good = f"/h5/api/task/{made['task_id']}/decide", {"X-CSRF-Token": wang.csrf}
        foreign = f"/h5/api/task/{theirs.open_tasks()[0].id}/decide"
        await burglar.tries("POST", foreign, yes(), good, (403, 404))
        await burglar.tries("POST", path, yes(version=9), good, (409,))
        await burglar.tries("POST", path, yes(values={"reason": "改"}), good, (403,))
        await burglar.tries("POST", path, yes(), {"X-CSRF-Token": "forged"}, (403,))
        assert company.do(c.Decide("wang", made["task_id"], "approve")).ok
        await burglar.tries("POST", path, yes(), good, (409,))
    assert burglar.tried == CLAIMS * 5
