"""The pages' endpoints of the form engine: linkage, choices, drafts, record life, lists, Excel, schema change."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from connect import excel, pdf
from core.commands import CreateRecord, OpenDraft, Publish
from core.errors import UserError
from tests.forms.everything import SUITE
from tests.forms.test_paper import word_file
from tests.http.conftest import Admin, Company
from tests.http.test_h5 import Phone, li  # noqa: F401  # a fixture


@pytest.fixture
def part(company: Company) -> str:
    company.done(Publish("zhao", SUITE))
    id_ = company.done(CreateRecord("li", "part", {"name": "轴承", "price": "8"}))["record_id"]
    company.done(CreateRecord("li", "stock_in", {"part": id_, "qty": "9"}))
    return str(id_)


async def test_the_page_asks_while_a_form_is_filled(company: Company, li: Phone, part: str):  # noqa: F811
    draft, handle = company.draft(form="stock_out")
    page = await li.opens(handle)
    assert page["form"]["fields"][1]["fields"][2]["linked"] is True
    linked = await li.sends(
        "POST", f"draft/{draft}/linked", json={"values": {"items": [{"part": part, "qty": "2"}]}}
    )
    assert linked["values"]["total"] == "16.00"
    sent = {"field": "items.part", "q": "轴", "values": {}, "after": ""}
    found = await li.sends("POST", f"draft/{draft}/choices", json=sent)
    assert [one["title"] for one in found["rows"]] == ["轴承"]
    drafts = await li.sends("GET", "drafts")
    assert [(one["id"], one["link"]) for one in drafts] == [(draft, f"/h5/l/{handle}")]
    assert (await li.sends("GET", "areas"))["areas"]["440305"] == "南山区"
    await li.sends("DELETE", f"drafts/{draft}")
    assert await li.sends("GET", "drafts") == []


async def test_a_record_lives(company: Company, li: Phone, part: str):  # noqa: F811
    out = company.done(CreateRecord("li", "stock_out", {"items": [{"part": part, "qty": "2"}]}))
    _, handle = company.draft()
    await li.opens(handle)
    at = f"records/stock_out/{out['record_id']}"
    page = await li.sends("GET", at)
    assert page["record"]["effective"] and "void" in page["record"]["can"]
    said = await li.sends("POST", f"{at}/comments", json={"text": "好", "mentions": [], "files": []})
    assert said["comments"][0]["text"] == "好"
    copy = await li.sends("POST", f"{at}/copy", json={})
    assert copy["link"].startswith("/h5/l/")
    await li.sends("POST", f"{at}/void", json={"reason": "错单", "version": 1})
    page = await li.sends("GET", at)
    assert page["record"]["state"]["text"] == "已作废"
    await li.sends("POST", f"{at}/void", 409, json={"reason": "", "version": 0})
    await li.sends("POST", f"{at}/delete", json={"reason": "", "version": 0})
    await li.sends("POST", f"{at}/restore", json={})


async def test_the_data_page(company: Company, admin: Admin, part: str):
    found = await admin.get("/records/stock_in?filter=数量 > 1&sort=-qty&group=part")
    assert (found["totals"], found["groups"][0]["count"]) == ({"qty": "9"}, 1)
    assert "第 1 个字" in str(await admin.get("/records/stock_in?filter=没有>1", 422))
    uses = await admin.get("/definitions/form/part/uses?field=price")
    assert any("出库单" in one["text"] for one in uses)


async def test_a_sheet_goes_through_the_page(company: Company, admin: Admin, part: str):
    exported = await admin.client.get("/admin/api/records/part/export")
    body = await exported.read()
    assert excel.read(body)[0].rows[0][2] == "轴承"
    form = aiohttp.FormData()
    form.add_field("file", body, filename="a.xlsx")
    headers = {"X-CSRF-Token": admin.csrf}
    sent = await admin.client.post("/admin/api/imports/part", data=form, headers=headers)
    job: dict[str, Any] = await sent.json()
    assert sent.status == 200, job
    mapping = {
        one["name"]: {str(c["index"]): c["field"] for c in one["columns"] if c["field"]}
        for one in job["sheets"]
    }
    wish = {"mapping": mapping, "key": "name", "dry_run": False, "start_flow": False}
    await admin.post(f"/imports/{job['id']}/run", wish)
    for _ in range(100):
        state = await admin.get(f"/imports/{job['id']}")
        if state["state"] == "done":
            break
        await asyncio.sleep(0.05)
    assert (state["same"], state["failed"]) == (1, 0)


async def test_a_version_comes_back(company: Company, admin: Admin, part: str):
    company.done(Publish("zhao", "form: x1\ntitle: 甲\nfields:\n  - {key: a1, label: 甲, type: text}\n"))
    second = "form: x1\ntitle: 乙\nfields:\n  - {key: b1, label: 乙, type: number, from: a1}\n"
    company.done(CreateRecord("li", "x1", {"a1": "很多"}))
    seen = await admin.post("/definitions/retype", {"text": second})
    assert (seen[0]["failed"], seen[0]["samples"][0]["value"]) == (1, "很多")
    company.done(Publish("zhao", second))
    back = await admin.post("/definitions/form/x1/rollback", {"version": 1})
    assert back["version"] == 3
    assert company.done(OpenDraft("li", "x1"))["draft_id"]


async def test_without_pango_the_page_prints_and_says_so(
    company: Company, admin: Admin, part: str, monkeypatch
):
    """没有 PDF 组件：给网页版，上面一行说清楚，打印时不印出来。"""

    def missing(_html: str) -> bytes:
        raise UserError(
            "no_pdf", "这台服务器缺少生成 PDF 的系统组件 Pango，请打开网页版用浏览器打印或另存为 PDF。"
        )

    monkeypatch.setattr(pdf, "to_pdf", missing)
    answer = await admin.client.get(f"/admin/api/records/part/{part}/print?format=pdf")
    page = await answer.text()
    assert answer.status == 200 and answer.content_type == "text/html"
    assert "Pango" in page and "<article>" in page


async def test_sheets_by_api_and_many_at_once(company: Company, admin: Admin, part: str):
    """列表一次打几张；没有的模板说没有；表单没有数据时试打说清楚。"""
    many = await admin.client.get(f"/admin/api/records/part/print?ids={part}&template=label-a4")
    assert 'class="label' in await many.text()
    await admin.get(f"/records/part/{part}/print?template=none", 404)
    shown = await admin.get("/prints/part")
    assert {one["key"] for one in shown["ways"]} >= {"", "label-a4", "label-60x40"}
    assert any(one["write"] == "{{ 编号 }}" for one in shown["fields"])
    refused = await admin.post("/prints/part/none/mark", {"what": "drop", "version": 0}, 404)
    assert "没有这个打印模板" in str(refused)


async def test_a_template_that_reaches_further_is_refused_at_once(admin: Admin):
    """上传时先用空数据试一遍：想取内部属性的模板当场拒绝；好的留下，有版本、能试打。"""

    async def upload(text: str) -> tuple[int, str]:
        form = aiohttp.FormData()
        form.add_field("file", word_file(text), filename="标签.docx")
        headers = {"X-CSRF-Token": admin.csrf}
        url = "/admin/api/prints/expense_claim?key=tag&title=标签"
        answer = await admin.client.post(url, data=form, headers=headers)
        return answer.status, await answer.text()

    assert "标记写法不对" in (await upload("{{ 事由.__class__.__mro__ }}"))[1]
    assert "「没有」" in (await upload("{{ 没有 }}"))[1]
    assert (await admin.get("/prints/expense_claim"))["templates"] == []
    assert (await upload("{{ 事由 }}"))[0] == 200
    assert (await upload("{{ 合计_大写 }}"))[0] == 200
    kept = (await admin.get("/prints/expense_claim"))["templates"]
    assert [(one["key"], one["version"]) for one in kept] == [("tag", 2), ("tag", 1)]
    file = await admin.client.get("/admin/api/prints/expense_claim/tag/versions/1")
    assert (await file.read()).startswith(b"PK")
