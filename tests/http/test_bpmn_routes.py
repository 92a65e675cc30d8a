"""BPMN files through the design page's interface."""

from __future__ import annotations

from tests.http.conftest import Admin


async def exported(admin: Admin, path: str, status: int = 200) -> str:
    async with admin.client.get(f"/admin/api/definitions/flow/{path}") as answer:
        assert answer.status == status
        return await answer.text()


async def test_a_flow_goes_out_is_changed_and_comes_back(admin: Admin):
    """导出审批流程，在别的工具里改一个条件，导入后就是改过的流程，可以发布。"""
    xml = await exported(admin, "expense_approval/bpmn")
    assert "合计 &gt; 5000" in xml

    found = await admin.post(
        "/definitions/import-bpmn", {"xml": xml.replace("合计 &gt; 5000", "合计 &gt; 3000"), "form": ""}
    )
    assert (found["key"], found["title"], found["notes"]) == ("expense_approval", "费用报销审批", [])

    diff = await admin.post("/definitions/diff", {"text": found["text"]})
    assert [one["text"] for one in diff["changes"]] == [
        "分支「条件分支」第 1 条的条件：合计 > 5000 → 合计 > 3000"
    ]
    done = await admin.post("/definitions/publish", {"text": found["text"], "note": "BPMN", "base": 1})
    assert done["version"] == 2


async def test_a_draft_is_exported_when_asked(admin: Admin):
    """导出草稿；草稿有错时说明。"""
    await exported(admin, "expense_approval/bpmn?draft=1", 404)
    shown = await admin.get("/definitions/flow/expense_approval")
    text = shown["published"]["text"].replace("财务主管,", "财务复核,")
    await admin.call("PUT", "/definitions/flow/expense_approval/draft", {"text": text, "revision": 0})
    assert "财务复核" in await exported(admin, "expense_approval/bpmn?draft=1")
    assert "财务复核" not in await exported(admin, "expense_approval/bpmn")


async def test_a_bad_file_is_refused_with_the_element(admin: Admin):
    """不成块的图：说出元素，不进系统。"""
    xml = (await exported(admin, "expense_approval/bpmn")).replace('targetRef="endEvent', 'targetRef="gone')
    refused = await admin.post("/definitions/import-bpmn", {"xml": xml, "form": ""}, status=422)
    assert "gone" in refused["message"]
    doctype = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    refused = await admin.post("/definitions/import-bpmn", {"xml": doctype, "form": ""}, status=422)
    assert "DOCTYPE" in refused["message"]


async def test_strangers_get_nothing(admin: Admin):
    """没登录的人导不出流程。"""
    admin.client.session.cookie_jar.clear()
    await exported(admin, "expense_approval/bpmn", 401)
