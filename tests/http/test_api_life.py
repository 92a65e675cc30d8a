"""A record's life for programs: drafts, lists with sums, effect and void, the recycle bin, comments, history, copy."""

from __future__ import annotations

import pytest

from connect.openapi import document
from core import commands as c
from tests.forms.everything import SUITE
from tests.http.conftest import CLAIM, Browser, Company
from tests.http.test_api import RECORDS, Program, program

ASSET = """
form: asset
title: 资产
effective: manual
fields:
  - {key: name, label: 名称, type: text, required: true, unique: true, max: 20}
  - {key: kind, label: 类别, type: select, options: [电脑, 家具]}
  - {key: worth, label: 原值, type: money, min: 0}
checks:
  - {if: 原值 > 100000, say: 超过十万请走采购}
buttons:
  - {key: mend, text: 报修, ask: [kind], set: {worth: 1}}
"""
ASSETS = "/forms/asset/records"


@pytest.fixture
def li(company: Company, browser: Browser) -> Program:
    company.done(c.Publish(c.SYSTEM, ASSET, "测试"))
    return program(company, browser, "li")


async def assets(li: Program) -> list[str]:
    rows = (("台式机", "电脑", "5000"), ("笔记本", "电脑", "8000.5"), ("书桌", "家具", "900"))
    made = [
        await li.post(ASSETS, {"values": {"name": name, "kind": kind, "worth": worth}}, 201)
        for name, kind, worth in rows
    ]
    return [one["id"] for one in made]


async def test_a_list_is_sorted_grouped_and_summed(li: Program) -> None:
    """Void records stay in the list and leave the sums."""
    ids = await assets(li)
    found = await li.get(f"{ASSETS}?sort=-worth&limit=2&totals=1&group=kind")
    assert [one["values"]["name"] for one in found["records"]] == ["笔记本", "台式机"]
    assert found["totals"] == {"count": 3, "worth": "13900.50"}
    assert found["groups"][0] == {"value": "电脑", "count": 2, "totals": {"worth": "13000.50"}}
    rest = await li.get(f"{ASSETS}?sort=-worth&limit=2&cursor={found['next']}")
    assert [one["values"]["name"] for one in rest["records"]] == ["书桌"]

    await li.post(f"{ASSETS}/{ids[1]}/void", {"reason": "报废"})
    await li.get(f"{ASSETS}?totals=1&q=本", 422)
    assert (await li.get(f"{ASSETS}?totals=1"))["totals"] == {"count": 2, "worth": "5900.00"}
    refused = await li.get(f"{ASSETS}?sort=nothing", 422)
    assert refused["problems"][0]["message"] == "不能按「nothing」排序"


async def test_effect_void_bin_restore_purge(company: Company, browser: Browser, li: Program) -> None:
    """Apart from save and delete; others do not see it; only an administrator ends it for good."""
    one = (await assets(li))[0]
    assert (await li.get(f"{ASSETS}/{one}"))["effective_at"] is None
    await li.post(f"{ASSETS}/{one}/effect", {})
    assert (await li.get(f"{ASSETS}/{one}"))["effective_at"]
    assert (await li.post(f"{ASSETS}/{one}/effect", {}, 409))["message"] == "这条数据已经生效。"

    await li.post(f"{ASSETS}/{one}/delete", {})
    assert one not in [row["id"] for row in (await li.get(ASSETS))["records"]]
    assert [row["id"] for row in (await li.get(f"{ASSETS}?bin=1"))["records"]] == [one]
    sun = program(company, browser, "sun")
    assert (await sun.get(f"{ASSETS}?bin=1"))["records"] == []
    assert (await sun.call("POST", f"{ASSETS}/{one}/restore", 404, {}))["code"] == "not_found"

    await li.post(ASSETS, {"values": {"name": "台式机"}}, 201)
    twice = await li.post(f"{ASSETS}/{one}/restore", {}, 422)
    assert (twice["problems"][0]["pointer"], twice["problems"][0]["path"]) == ("/values/name", "name")
    assert (await li.post(f"{ASSETS}/{one}/purge", {}, 403))["message"] == "您不能彻底删除这条数据。"


async def test_comments_history_copy_and_buttons(li: Program, company: Company) -> None:
    one = (await assets(li))[0]
    await li.post(f"{ASSETS}/{one}/comments", {"text": "请核对", "mentions": ["wang"]}, 201)
    wrong = await li.post(f"{ASSETS}/{one}/comments", {"text": "请核对", "mentions": ["nobody"]}, 422)
    assert wrong["problems"][0]["pointer"] == "/mentions"
    assert [row["text"] for row in (await li.get(f"{ASSETS}/{one}/comments"))["comments"]] == ["请核对"]

    missing = await li.post(f"{ASSETS}/{one}/press", {"button": "mend", "values": {"name": "x"}}, 422)
    assert missing["problems"][0] == {
        "path": "name",
        "pointer": "/values/name",
        "message": "这个按钮不填这个字段",
    }
    await li.post(f"{ASSETS}/{one}/press", {"button": "mend", "values": {"kind": "家具"}})
    changed = (await li.get(f"{ASSETS}/{one}/history"))["history"][0]
    assert {"label": "类别", "before": "电脑", "after": "家具"} in changed["changes"]

    copied = await li.post(f"{ASSETS}/{one}/copy", {}, 201)
    draft = await li.get(f"/drafts/{copied['draft_id']}")
    assert draft["values"]["kind"] == "家具"
    assert draft["values"].get("name") is None  # unique: not copied


async def test_a_draft_keeps_what_is_wrong(company: Company, browser: Browser, li: Program) -> None:
    """Every mistake at once with its pointer; nothing is lost; a second program does not overwrite silently."""
    values = {"name": "很" * 30, "worth": "x", "nope": 1}
    made = await li.post("/drafts", {"form": "asset", "values": {"name": "椅子"}}, 201)
    saved = await li.call(
        "PATCH", f"/drafts/{made['id']}", 200, {"values": values, "revision": made["revision"]}
    )
    assert {one["pointer"] for one in saved["problems"]} == {"/values/name", "/values/worth", "/values/nope"}
    stale = await li.call("PATCH", f"/drafts/{made['id']}", 409, {"values": {}, "revision": made["revision"]})
    assert stale["code"] == "conflict"
    refused = await li.post(f"/drafts/{made['id']}/submit", {}, 422)
    assert {one["pointer"] for one in refused["problems"]} >= {"/values/name", "/values/worth"}
    assert (await li.get(f"/drafts/{made['id']}"))["values"]["worth"] == "x"
    assert (await program(company, browser, "sun").get(f"/drafts/{made['id']}", 404))["code"] == "not_found"

    claim = await li.post("/drafts", {"form": "expense_claim", "values": CLAIM}, 201)
    done = await li.post(f"/drafts/{claim['id']}/submit", {}, 201)
    assert (await li.get(f"{RECORDS}/{done['id']}"))["state"] == "running"
    await li.call("DELETE", f"/drafts/{made['id']}", 200)
    assert [one["id"] for one in (await li.get("/drafts"))["drafts"]] == []


async def test_the_document_knows_every_field_kind(company: Company, li: Program) -> None:
    """A form of all kinds is described: no kind is missing, computed fields are read-only and not asked for."""
    company.done(c.Publish(c.SYSTEM, SUITE, "测试"))
    with company.store.read() as uow:
        found = document(uow, company.settings)
        form = uow.shelf.form("everything").form
    schemas = found["components"]["schemas"]
    assert set(schemas["everything.values"]["properties"]) == {
        one.key for one in form.fields if not one.layout
    }
    asked = set(schemas["everything.new"]["properties"])
    assert asked == {one.key for one in form.fields if not (one.layout or one.computed)}
