"""The rule pages' endpoints, and the two doors to other systems."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.app import application
from connect.hooks import hook_secret, outward_secret, signature
from core.commands import SYSTEM, CreateRecord, Publish
from tests.company import SUITES, Company

HOOK = """rule: paid
title: 到账
when: {webhook: bank, fields: {invoice: text, money: number}}
if: money > 10
then: [{create: {form: invoice_entry, map: {发票号: invoice}}}]
"""
CALL = """rule: tell_erp
title: 告诉 ERP
when: {created: receipt}
then: [{http: {url: "%s", body: {金额: 金额, 客户: 客户.名称}}}]
"""


def http_app(company: Company) -> web.Application:
    """The whole application of the running parts, without its background loops."""
    app = application(company.parts)
    app.cleanup_ctx.clear()
    return app


async def test_a_hook_is_signed_fresh_and_done_once(small: Company):
    """签名对、时间新才收；同一次通知重复发来只做一次；签名错、过期、没人听都拒绝。"""
    assert small.perform(Publish(SYSTEM, HOOK)).ok
    secret = hook_secret(small.parts.keys, "bank")
    async with TestServer(http_app(small)) as server, ClientSession() as http:

        async def call(
            body: dict[str, Any], *, at: int, key: str = secret, name: str = "bank"
        ) -> tuple[int, Any]:
            raw = json.dumps(body).encode()
            headers = {"X-Zhongshu-Timestamp": str(at), "X-Zhongshu-Signature": signature(key, str(at), raw)}
            async with http.post(server.make_url(f"/hooks/{name}"), data=raw, headers=headers) as response:
                return response.status, await response.json()

        now = int(time.time())
        status, found = await call({"invoice": "F1", "money": 11}, at=now)
        assert (status, found["results"][0]["fired"]) == (200, True)
        assert await call({"invoice": "F1", "money": 11}, at=now) == (200, found)
        assert (await call({"invoice": "F2", "money": 5}, at=now))[1]["results"][0]["fired"] is False
        assert (await call({"invoice": "F3", "money": 11}, at=now, key="wrong"))[0] == 401
        assert (await call({"invoice": "F3", "money": 11}, at=now - 301))[0] == 401
        assert (
            await call({"invoice": "F3"}, at=now, name="other", key=hook_secret(small.parts.keys, "other"))
        )[0] == 404
    assert small.read(lambda uow: uow.records.count(uow.shelf.form("invoice_entry").form)) == 1


async def test_a_call_to_another_system_waits_until_it_is_taken(small: Company):
    """对方先 503 后 200：同一编号重试，签名可核对；400 搁置并有异常。"""
    taken: list[tuple[dict[str, str], bytes]] = []
    answers = [503, 200, 400]

    async def receive(request: web.Request) -> web.Response:
        taken.append((dict(request.headers), await request.read()))
        return web.Response(status=answers[len(taken) - 1])

    app = web.Application()
    app.router.add_post("/erp", receive)
    async with TestServer(app) as server:
        assert small.perform(Publish(SYSTEM, CALL % server.make_url("/erp"))).ok
        customer = small.perform(
            CreateRecord("li", "customer", {"name": "宏图", "grade": "C", "sales": "li"})
        )
        values = {"customer": customer.data["record_id"], "amount": "12.50"}
        assert small.perform(CreateRecord("sun", "receipt", values)).ok
        await small.settle()
        assert len(taken) == 1
        small.clock.forward(minutes=1)
        await small.settle()
        assert [one[0]["webhook-id"] for one in taken] == [taken[0][0]["webhook-id"]] * 2
        headers, raw = taken[1]
        assert json.loads(raw) == {"客户": "宏图", "金额": "12.5"}
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        secret = outward_secret(small.parts.keys, "rule", "tell_erp").encode()
        mac = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"
        assert headers["X-Zhongshu-Signature"] == signature(
            secret.decode(), headers["X-Zhongshu-Timestamp"], raw
        )
        assert small.perform(CreateRecord("sun", "receipt", values)).ok
        await small.settle()
    assert small.read(lambda uow: uow.outbox.counts())["parked"] == 1


async def test_the_pages_of_rules(company, admin):  # type: ignore[no-untyped-def]
    """列表有句子和次数；为什么；试运行；出错的重试；聚合表核对；决策表 CSV 来回。"""
    suite = (SUITES / "supply" / "stock.yaml").read_text(encoding="utf-8")
    assert company.service.perform(Publish(SYSTEM, suite)).ok
    rows = await admin.get("/rules")
    reorder = next(one for one in rows if one["key"] == "reorder")
    assert reorder["sentence"].startswith(
        "如果物料的 现存 + 在途 + 申请中（库存台账）低于 安全库存，并且 申请中 == 0，那么新建采购申请"
    )
    made = company.service.perform(
        CreateRecord("li", "material", {"name": "轴承", "safety": "5", "most": "9"})
    )
    item = made.data["record_id"]
    assert company.service.perform(
        CreateRecord("wu", "stock_move", {"item": item, "direction": "入", "qty": "4"})
    ).ok
    why = await admin.get(f"/rules/reorder/why?record={item}")
    assert why["answer"].startswith("最近一次执行在")
    assert why["runs"][0]["actions"][0].startswith("新建采购申请")
    log = await admin.get("/rule-runs?rule=reorder&outcome=fired")
    assert [one["record_id"] for one in log["rows"]] == [item]
    source = (await admin.get("/definitions/rule/overstock"))["published"]["text"]
    dry = await admin.post("/rules/dry-run", {"text": source.replace("above: 最高库存", "above: 3")})
    assert (dry["hits"], dry["added"], dry["gone"]) == (1, 1, 0)
    assert dry["examples"][0]["would"] == [
        f"更新或新建呆滞清单（物料 = {item}；现存 = 4，发现日期 = 2026-11-24）"
    ]
    checked = await admin.post("/aggregates/stock/verify", {})
    assert checked["ok"] is True
    held = await admin.get("/aggregates/stock")
    assert held["rows"][0][:2] == ["轴承", "4.00"]
    record = await admin.get(f"/records/purchase_request/{_id(company)}")
    assert record["origins"][0]["text"].startswith("由规则「库存低于安全库存，提出采购申请」版本 1 新建")


def _id(company: Any) -> str:
    with company.store.read() as uow:
        return uow.records.page(uow.shelf.form("purchase_request").form)[0].id
