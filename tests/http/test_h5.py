"""The pages behind cards: who may open them, filling a form, deciding a task, files."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import FormData
from PIL import Image

from core import commands as c
from tests.http.conftest import CLAIM, Browser, Company

USERIDS = {"li": "liming", "wang": "WangQiang", "sun": "sunyue", "zhao": "zhaoguodong"}


class Phone:
    """A person's browser inside the platform's client."""

    def __init__(self, company: Company, browser: Browser, person: str) -> None:
        self.company = company
        self.browser = browser
        self.person = person
        self.csrf = ""

    async def opens(self, handle: str) -> dict[str, Any]:
        """Open a link, logging in on the way as the page does."""
        answer = await self.browser.get(f"/h5/api/open/{handle}")
        if answer.status == 401:
            await self.logs_in((await answer.json())["login"])
            answer = await self.browser.get(f"/h5/api/open/{handle}")
        found = await answer.json()
        self.csrf = found.get("csrf", self.csrf)
        return {**found, "status": answer.status}

    async def logs_in(self, login: str, code: str = "once") -> int:
        """The platform's login sends the visitor back with a code."""
        query = parse_qs(urlsplit(login).query)
        self.company.platform.codes[code] = USERIDS[self.person]
        back = {"code": code, "state": query["state"][0]}
        answer = await self.browser.get("/h5/back", params=back, allow_redirects=False)
        return answer.status

    async def sends(self, method: str, path: str, status: int = 200, **more: Any) -> dict[str, Any]:
        headers = {"X-CSRF-Token": self.csrf, **more.pop("headers", {})}
        answer = await self.browser.request(method, f"/h5/api/{path}", headers=headers, **more)
        found = await answer.json()
        assert answer.status == status, found
        return found

    async def uploads(self, name: str, body: bytes, type_: str, status: int = 200) -> dict[str, Any]:
        form = FormData(quote_fields=False)  # as browsers do
        form.add_field("file", body, filename=name, content_type=type_)
        return await self.sends("POST", "files", status, data=form)


@pytest.fixture
def li(company: Company, browser: Browser) -> Phone:
    return Phone(company, browser, "li")


def png(width: int = 800, height: int = 400) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return out.getvalue()


async def test_the_platform_tells_who_opens_a_link(company: Company, browser: Browser, li: Phone):
    _, handle = company.draft()

    answer = await browser.get(f"/h5/api/open/{handle}")
    error = await answer.json()
    page = await li.opens(handle)

    assert (answer.status, error["code"]) == (401, "login")
    assert company.platform.sent[0][0].endswith("/h5/back")
    assert page["kind"] == "form"
    assert page["me"] == {"id": "li", "name": "小李"}
    assert page["zone"] == "Asia/Shanghai"
    assert page["draft"]["values"]["applicant"] == "li"


async def test_somebody_elses_link_looks_like_none(company: Company, browser: Browser):
    _, handle = company.draft("li")
    sun = Phone(company, browser, "sun")

    missing, theirs = await sun.opens("x" * 32), await sun.opens(handle)

    assert missing["status"] == theirs["status"] == 404
    assert missing["message"] == theirs["message"]


async def test_a_shared_device_asks_again_who_it_is(company: Company, browser: Browser, li: Phone):
    _, mine = company.draft("li")
    _, theirs = company.draft("sun")
    assert (await li.opens(mine))["status"] == 200
    company.clock.pass_(minutes=1)

    page = await Phone(company, browser, "sun").opens(theirs)

    assert page["me"]["id"] == "sun"


async def test_a_login_that_this_browser_did_not_begin_is_refused(
    company: Company, browser: Browser, li: Phone
):
    _, handle = company.draft()
    login = (await (await browser.get(f"/h5/api/open/{handle}")).json())["login"]
    company.platform.codes["stolen"] = "liming"

    forged = await browser.get("/h5/back", params={"code": "stolen", "state": "0" * 32})
    browser.session.cookie_jar.clear()
    elsewhere = await browser.get(
        "/h5/back", params={"code": "stolen", "state": login.partition("state=")[2]}
    )

    assert (forged.status, elsewhere.status) == (400, 400)
    assert "重新打开链接" in await forged.text()
    assert "stolen" in company.platform.codes


async def test_a_code_the_platform_does_not_know_logs_nobody_in(
    company: Company, browser: Browser, li: Phone
):
    _, handle = company.draft()
    login = (await (await browser.get(f"/h5/api/open/{handle}")).json())["login"]
    state = login.partition("state=")[2]

    answer = await browser.get("/h5/back", params={"code": "old", "state": state})

    assert answer.status == 403
    assert (await browser.get(f"/h5/api/open/{handle}")).status == 401


async def test_two_links_may_be_opened_at_once(company: Company, browser: Browser, li: Phone):
    handles = [company.draft()[1], company.draft(form="customer")[1]]
    logins = [(await (await browser.get(f"/h5/api/open/{one}")).json())["login"] for one in handles]

    assert await li.logs_in(logins[0], "a") == 302
    assert await li.logs_in(logins[1], "b") == 302


async def test_an_old_link_says_so(company: Company, browser: Browser):
    _, handle = company.draft()
    company.clock.pass_(days=181)

    answer = await browser.get(f"/h5/api/open/{handle}")

    assert (answer.status, (await answer.json())["code"]) == (410, "expired")


async def test_a_form_is_saved_checked_and_handed_in(company: Company, li: Phone):
    """小李在手机上填报销：先保存，漏填被指出，改正后提交，再开是单据。"""
    draft_id, handle = company.draft()
    page = await li.opens(handle)
    revision = page["draft"]["revision"]

    saved = await li.sends(
        "PUT", f"draft/{draft_id}", json={"revision": revision, "values": {"reason": "打车"}}
    )
    wrong = {"items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": "0"}]}
    refused = await li.sends(
        "POST",
        f"draft/{draft_id}/submit",
        422,
        json={"revision": saved["revision"], "values": wrong, "client_id": "one"},
    )
    right = {"items": CLAIM["items"]}
    body = {"revision": saved["revision"], "values": right, "client_id": "two"}
    done = await li.sends("POST", f"draft/{draft_id}/submit", json=body)
    again = await li.sends("POST", f"draft/{draft_id}/submit", json=body)

    assert refused["code"] == "invalid"
    assert [one["path"] for one in refused["problems"]] == ["items.0.amount"]
    assert refused["field"] == "items.0.amount"
    assert done["number"] == "BX-202611-0001"
    assert again == done
    opened = await li.opens(handle)
    assert (opened["kind"], opened["record"]["number"]) == ("record", done["number"])
    assert opened["flow"]["state"] == "running"


async def test_a_draft_changed_elsewhere_comes_along_with_the_conflict(company: Company, li: Phone):
    draft_id, handle = company.draft()
    revision = (await li.opens(handle))["draft"]["revision"]
    company.done(c.SaveDraft("li", draft_id, {"reason": "卡片上改的"}))

    refused = await li.sends(
        "PUT", f"draft/{draft_id}", 409, json={"revision": revision, "values": {"reason": "页面上改的"}}
    )

    assert refused["draft"]["values"]["reason"] == "卡片上改的"
    body = {"revision": refused["draft"]["revision"], "values": {"reason": "页面上改的"}}
    await li.sends("PUT", f"draft/{draft_id}", json=body)


async def test_somebody_elses_draft_is_not_there(company: Company, browser: Browser, li: Phone):
    theirs, _ = company.draft("sun")
    await li.opens(company.draft()[1])

    body = {"revision": 1, "values": {"reason": "x"}}
    await li.sends("PUT", f"draft/{theirs}", 404, json=body)
    await li.sends("POST", f"draft/{theirs}/submit", 404, json={**body, "client_id": "one"})


async def test_the_manager_decides_on_the_page(company: Company, browser: Browser):
    made = company.claim()
    handle = company.card("task", made["task_id"], "wang").handle
    wang = Phone(company, browser, "wang")
    page = await wang.opens(handle)

    assert page["kind"] == "task"
    assert page["actions"] == ["approve", "reject", "return", "transfer"]
    assert page["task"]["step"] == "直属上级"
    path, body = f"task/{made['task_id']}/decide", {"verdict": "approve", "comment": "好", "version": 1}
    await wang.sends("POST", path, 422, json={**body, "verdict": "maybe"})
    done = await wang.sends("POST", path, json=body, headers={"X-Client-Id": "tap"})
    again = await wang.sends("POST", path, json=body, headers={"X-Client-Id": "tap"})
    late = await wang.sends("POST", path, 409, json=body)

    assert done == again == {"message": "已同意。"}
    assert late["message"].startswith("已由王经理于 11-24 09:00 同意")
    over = await wang.opens(handle)
    assert over["actions"] == []
    assert over["task"]["decided"]["by"] == "王经理"


async def test_a_task_is_handed_over(company: Company, browser: Browser):
    made = company.claim()
    wang = Phone(company, browser, "wang")
    await wang.opens(company.card("task", made["task_id"], "wang").handle)

    path = f"task/{made['task_id']}/transfer"
    await wang.sends("POST", path, 422, json={"to": "nobody", "comment": "", "version": 1})
    done = await wang.sends("POST", path, json={"to": "zhao", "comment": "请您看", "version": 1})

    assert done["message"] == "已转交给赵总。"
    with company.store.read() as uow:
        assert [
            task.assignee for task in uow.instances.waiting([made["instance_id"]])[made["instance_id"]]
        ] == ["zhao"]


async def test_a_stranger_to_a_task_cannot_tell_that_it_is_there(company: Company, browser: Browser):
    made = company.claim("li")
    sun = Phone(company, browser, "sun")
    await sun.opens(company.draft("sun")[1])

    body = {"verdict": "approve", "comment": "", "version": 1}
    hidden = await sun.sends("POST", f"task/{made['task_id']}/decide", 404, json=body)
    missing = await sun.sends("POST", "task/nothing-1/decide", 404, json=body)

    assert hidden["message"] == missing["message"]


async def test_a_returned_claim_opens_as_a_form_again(company: Company, li: Phone):
    draft_id, handle = company.draft()
    made = company.done(c.SubmitDraft("li", draft_id, CLAIM))
    with company.store.read() as uow:
        task = uow.instances.open_tasks("wang")[0][0]
    company.done(c.Decide("wang", task.id, "return", "请补充说明"))

    page = await li.opens(handle)
    body = {"revision": page["draft"]["revision"], "values": {"reason": "拜访鸿达电机"}, "client_id": "x"}
    done = await li.sends("POST", f"draft/{draft_id}/submit", json=body)

    assert (page["kind"], page["draft"]["returned"]) == ("form", True)
    assert done["number"] == made["number"]


async def test_a_copy_shows_the_record(company: Company, browser: Browser):
    made = company.claim()
    company.done(c.Decide("wang", made["task_id"], "approve"))
    sun = Phone(company, browser, "sun")

    page = await sun.opens(company.card("copy", made["instance_id"], "sun").handle)

    assert (page["kind"], page["record"]["number"]) == ("record", made["number"])
    assert page["flow"]["state"] == "approved"


async def test_a_reminder_shows_the_customer(company: Company, li: Phone):
    made = company.done(c.CreateRecord("li", "customer", {"name": "鸿达", "grade": "A"}))
    company.clock.pass_(days=31)
    company.done(c.SweepRule("system", "follow_up_30_days"))
    with company.store.read() as uow:
        reminder = uow.reminders.of_record(made["record_id"])[0]

    page = await li.opens(company.card("reminder", reminder.id, "li").handle)

    assert (page["kind"], page["record"]["title"], page["flow"]) == ("record", "鸿达", None)


async def test_files_are_seen_by_those_who_see_the_record(company: Company, browser: Browser, li: Phone):
    """发票：上传者先自己看得到；随单据提交后，审批人也看得到，别人一直看不到。"""
    draft_id, handle = company.draft()
    await li.opens(handle)
    picture = png()
    stored = await li.uploads("发票 1.png", picture, "image/png")
    assert stored["type"] == "image/png"
    assert await seen(browser, stored["id"]) == 200

    sun = await login_as(company, browser, "sun")
    assert await seen(browser, stored["id"]) == 404
    company.done(c.SubmitDraft("li", draft_id, {**CLAIM, "invoice": [stored]}))
    assert await seen(browser, stored["id"]) == 404
    assert sun.csrf

    await login_as(company, browser, "wang")
    answer = await browser.get(f"/h5/api/files/{stored['id']}")
    assert await answer.read() == picture
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''%E5%8F%91%E7%A5%A8%201.png"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    small = await browser.get(f"/h5/api/files/{stored['id']}?thumb=1")
    assert Image.open(BytesIO(await small.read())).size == (320, 160)


async def seen(browser: Browser, file_id: str) -> int:
    return (await browser.get(f"/h5/api/files/{file_id}")).status


async def login_as(company: Company, browser: Browser, person: str) -> Phone:
    browser.session.cookie_jar.clear()
    phone = Phone(company, browser, person)
    await phone.opens(company.draft(person, platform="wecom" if person == "wang" else "dingtalk")[1])
    return phone


async def test_a_page_pretending_to_be_a_picture_is_only_a_download(
    company: Company, browser: Browser, li: Phone
):
    await li.opens(company.draft()[1])

    stored = await li.uploads("a.png", b"<script>alert(1)</script>", "image/png")
    answer = await browser.get(f"/h5/api/files/{stored['id']}")

    assert stored["type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await browser.get(f"/h5/api/files/{stored['id']}?thumb=1")).status == 404


async def test_large_and_odd_uploads_are_refused(company: Company, li: Phone):
    await li.opens(company.draft()[1])

    three = await li.uploads("big.bin", b"x" * 3_000_000, "application/zip")
    assert three["size"] == 3_000_000
    assert (await li.uploads("big.bin", b"x" * (20 * 1024 * 1024 + 1), "a/b", 413))["code"] == "too_large"
    assert (await li.uploads("empty.png", b"", "image/png", 422))["code"] == "empty_file"
    await li.sends("POST", "files", 415, json={"file": "x"})
    await li.sends(
        "POST", "files", 400, data=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=y"}
    )
    await li.sends("POST", "files", 400, data=b"", headers={"Content-Type": "multipart/form-data"})


async def test_a_picture_with_too_many_pixels_has_no_thumbnail(
    company: Company, browser: Browser, li: Phone, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("connect.files.MOST_PIXELS", 800 * 400 - 1)
    await li.opens(company.draft()[1])
    stored = await li.uploads("huge.png", png(), "image/png")

    assert (await browser.get(f"/h5/api/files/{stored['id']}?thumb=1")).status == 404
