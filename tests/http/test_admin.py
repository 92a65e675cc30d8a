"""What administrators do on the design page: definitions, data, operation."""

from __future__ import annotations

from core import commands as c
from tests.http.conftest import ROOT, Admin, Company


def flow_text() -> str:
    suite = (ROOT / "suites/office/expense.yaml").read_text()
    return next(one for one in suite.split("---\n") if one.lstrip().startswith("flow:"))


async def test_the_threshold_of_an_approval_is_changed_from_5000_to_3000(company: Company, admin: Admin):
    """改阈值：检查、比较、发布；再提交 4000 元的报销要财务主管审批，进行中的那张仍按旧版本。"""
    old = company.claim(items=[{"spent_on": "2026-11-20", "kind": "住宿", "amount": "400"}])
    text = (await admin.get("/definitions/flow/expense_approval"))["published"]["text"]
    changed = text.replace("合计 > 5000", "合计 > 3000")

    checked = await admin.post("/definitions/check", {"text": changed})
    assert checked["problems"] == []
    assert checked["kind"] == "flow"
    assert checked["preview"] == {"title": "费用报销审批"}

    diff = await admin.post("/definitions/diff", {"text": changed})
    assert [one["text"] for one in diff["changes"]] == [
        "分支「条件分支」第 1 条的条件：合计 > 5000 → 合计 > 3000"
    ]
    assert (diff["base"], diff["running"]) == (1, 1)

    published = await admin.post(
        "/definitions/publish", {"text": changed, "note": "收紧", "base": diff["base"]}
    )
    assert published["version"] == 2
    shown = await admin.get("/definitions/flow/expense_approval")
    assert [(one["version"], one["note"], one["by"]) for one in shown["history"]] == [
        (2, "收紧", "赵总"),
        (1, "", "系统"),
    ]

    assert (await admin.get(f"/instances/{old['instance_id']}"))["flow"]["version"] == 1
    new = company.claim(
        items=[{"spent_on": "2026-11-20", "kind": "住宿", "amount": "4000"}], invoice=[_picture(company)]
    )
    company.done(c.Decide("wang", new["task_id"], "approve"))
    waiting = (await admin.get("/instances?state=running&q=4,000"))["rows"][0]["waiting"]
    assert [(one["step"], one["who"]) for one in waiting] == [("财务主管", "陈主管")]


def _picture(company: Company) -> str:
    return company.done(c.StoreFile("li", "a.png", "image/png", b"\x89PNG\r\n\x1a\n00"))["id"]


async def test_a_stale_publish_is_refused(admin: Admin):
    text = flow_text()
    await admin.post("/definitions/publish", {"text": text.replace("5000", "6000"), "note": "", "base": 1})

    refused = await admin.post(
        "/definitions/publish", {"text": text.replace("5000", "7000"), "note": "", "base": 1}, status=409
    )

    assert "已有新版本 2" in refused["message"]


async def test_publishing_what_is_in_force_changes_nothing(admin: Admin):
    same = await admin.post("/definitions/publish", {"text": flow_text(), "note": "", "base": 1})

    assert (same["kind"], same["key"], same["version"]) == ("flow", "expense_approval", 1)


async def test_mistakes_come_with_line_and_column_and_block_publishing(admin: Admin):
    wrong = flow_text().replace("合计 > 5000", "合记 > 5000")

    problems = (await admin.post("/definitions/check", {"text": wrong}))["problems"]
    refused = await admin.post("/definitions/publish", {"text": wrong, "note": "", "base": 1}, status=422)

    line = next(n for n, one in enumerate(wrong.splitlines(), 1) if "合记" in one)
    assert [(one["line"], one["level"]) for one in problems] == [(line, "error")]
    assert "合记" in problems[0]["message"]
    assert refused["code"] == "invalid"
    assert refused["problems"]


async def test_the_editor_is_offered_fields_keys_people_and_functions(admin: Admin):
    names = (await admin.post("/definitions/check", {"text": flow_text()}))["names"]

    offered = {one["insert"]: one for one in names}
    assert offered["合计"]["detail"] == "费用报销 · 金额 · total"
    assert "明细.金额" in offered
    assert {"approve", "branch", "if", "otherwise", "财务主管", "chen", "SUM"} <= set(offered)


async def test_broken_yaml_still_gets_names_and_no_preview(admin: Admin):
    found = await admin.post("/definitions/check", {"text": "flow: x\nform: expense_claim\nsteps: [\n"})

    assert (found["kind"], found["key"], found["preview"]) == ("flow", "x", None)
    assert found["problems"][0]["line"] >= 3
    assert any(one["insert"] == "合计" for one in found["names"])


async def test_drafts_are_kept_and_stale_saves_refused(admin: Admin):
    path = "/definitions/form/visitor/draft"
    text = "form: visitor\ntitle: 访客\nfields:\n  - {key: name, label: 姓名, type: text}\n"

    first = await admin.call("PUT", path, {"text": text, "revision": 0})
    await admin.call("PUT", path, {"text": text, "revision": 0}, status=409)

    assert first == {"revision": 1}
    row = next(one for one in await admin.get("/definitions") if one["key"] == "visitor")
    assert (row["title"], row["version"], row["has_draft"]) == ("访客", 0, True)
    assert (await admin.get("/definitions/form/visitor"))["published"] is None
    await admin.call("DELETE", path)
    await admin.get("/definitions/form/visitor", status=404)


async def test_records_with_flow_and_history(company: Company, admin: Admin):
    made = company.claim()
    company.done(c.Decide("wang", made["task_id"], "approve", "情况属实"))

    table = await admin.get("/records/expense_claim?q=拜访")
    assert table["total"] == 1
    assert table["rows"][0]["number"] == made["number"]
    found = await admin.get(f"/records/expense_claim/{made['record_id']}")
    assert found["record"]["state"]["text"] == "已通过"
    assert found["record"]["subtables"][0]["rows"][0][2] == "86.50"
    assert [one["text"] for one in found["flows"][0]["timeline"]] == ["发起", "已同意", "已通过"]
    assert found["history"][0]["action"] == "新建"
    await admin.get("/records/expense_claim/nothing", status=404)
    await admin.get("/records/nothing", status=404)
    assert {"key": "expense_claim", "title": "费用报销", "records": 1} in await admin.get("/forms")


async def test_lists_go_on_where_the_page_ended(company: Company, admin: Admin):
    numbers = [company.claim()["number"] for _ in range(3)]

    first = await admin.get("/records/expense_claim?limit=2")
    second = await admin.get(f"/records/expense_claim?limit=2&cursor={first['next']}")
    third = await admin.get("/instances?limit=2")
    fourth = await admin.get(f"/instances?limit=2&cursor={third['next']}")

    assert [one["number"] for one in first["rows"] + second["rows"]] == numbers[::-1]
    assert second["next"] is None
    assert [one["number"] for one in third["rows"] + fourth["rows"]] == numbers[::-1]
    await admin.get("/records/expense_claim?limit=999", status=422)


async def test_operators_see_what_waits_and_what_happened(company: Company, admin: Admin):
    made = company.claim()

    overview = await admin.get("/overview")
    outbox = await admin.get("/outbox?state=waiting")
    trail = await admin.get(f"/audit?object={made['number']}")

    tiles = {one["key"]: one["value"] for one in overview["tiles"]}
    assert (tiles["running"], tiles["tasks"]) == (1, 1)
    assert [one["on"] for one in overview["platforms"]] == [True, True]
    assert outbox["counts"]["waiting"] == len(outbox["rows"]) > 0
    assert any(one["subject"].startswith("待办：") for one in outbox["rows"])
    assert [one["text"] for one in trail["rows"]] == [f"新建 {made['number']}"]
    assert (await admin.post("/audit/verify", {}))["ok"] is True
    await admin.post(f"/outbox/{outbox['rows'][0]['id']}/retry", {}, status=404)


async def test_keys_are_told_once_and_revoked(company: Company, admin: Admin):
    made = await admin.post("/keys", {"name": "ERP", "person": "li", "days": 30})
    listed = await admin.get("/keys")
    await admin.call("DELETE", f"/keys/{made['id']}")

    assert made["secret"].startswith(f"zs_{made['id']}_")
    assert listed[0]["person"] == "小李"
    assert made["secret"] not in str(listed)
    assert (await admin.get("/keys"))[0]["revoked"] is True
    await admin.post("/keys", {"name": "ERP", "person": "nobody", "days": 30}, status=422)


async def test_a_rule_is_run_by_hand(company: Company, admin: Admin):
    company.done(c.CreateRecord("li", "customer", {"name": "鸿达", "grade": "A"}))
    company.clock.pass_(days=31)
    await admin.get("/overview", status=401)  # the session is over
    await admin.by_link()

    assert (await admin.post("/rules/follow_up_30_days/run", {}))["hits"] == 1


async def test_people_and_their_roles(admin: Admin):
    found = await admin.get("/people")

    zhao = next(one for one in found["people"] if one["id"] == "zhao")
    assert set(zhao["roles"]) == {"系统管理员", "总经理"}
    assert zhao["platforms"] == ["dingtalk", "wecom"]
    assert {"id": "sales", "name": "销售部", "parent": "board", "head": "wang"} in found["departments"]
