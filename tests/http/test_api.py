"""The open API: a program acts as its person, repeats safely, and is told exactly what is wrong."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from aiohttp import FormData

from core import commands as c
from core.companies import read_company
from tests.http.conftest import CLAIM, ROOT, Browser, Company


class Program:
    """Calls the API with a person's key."""

    def __init__(self, browser: Browser, secret: str) -> None:
        self.browser = browser
        self.secret = secret
        self.headers: Any = {}
        self._keys = 0

    async def call(self, method: str, path: str, status: int = 200, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.secret}", **headers}
        if method != "GET" and "Idempotency-Key" not in sent:
            self._keys += 1
            sent["Idempotency-Key"] = f"call-{self._keys}"
        more = {} if body is None else {"json": body}
        answer = await self.browser.request(method, f"/api/v1{path}", headers=sent, **more)
        self.headers = answer.headers
        found = await answer.json()
        assert answer.status == status, found
        return found

    async def get(self, path: str, status: int = 200) -> Any:
        return await self.call("GET", path, status)

    async def post(self, path: str, body: Any, status: int = 200, key: str = "") -> Any:
        return await self.call("POST", path, status, body, **({"Idempotency-Key": key} if key else {}))


def program(company: Company, browser: Browser, person: str) -> Program:
    made = company.done(c.MakeApiKey("system", "test", person, 30))
    return Program(browser, made["secret"])


@pytest.fixture
def li(company: Company, browser: Browser) -> Program:
    return program(company, browser, "li")


RECORDS = "/forms/expense_claim/records"


async def test_a_claim_is_created_approved_and_read(company: Company, browser: Browser, li: Program):
    """ERP 代小李提交报销，王经理的程序取待办并同意，小李读到结果。"""
    made = await li.post(RECORDS, {"values": CLAIM}, 201)
    assert li.headers["Location"] == f"/api/v1{RECORDS}/{made['id']}"
    wang = program(company, browser, "wang")

    tasks = (await wang.get("/tasks"))["tasks"]
    assert [(one["number"], one["step"]) for one in tasks] == [(made["number"], "直属上级")]
    task = await wang.get(f"/tasks/{tasks[0]['id']}")
    done = await wang.post(f"/tasks/{task['id']}/decide", {"verdict": "approve", "version": task["version"]})
    assert done["message"] == "已同意。"

    record = await li.get(f"{RECORDS}/{made['id']}")
    assert (record["state"], record["version"]) == ("approved", 1)
    assert record["values"]["total"] == "86.50"
    assert record["values"]["items"][0]["amount"] == "86.50"
    flow = await li.get(f"/instances/{made['instance_id']}")
    assert (flow["state"], flow["record_id"]) == ("approved", made["id"])


async def test_the_same_key_is_one_record_and_one_answer(company: Company, li: Program):
    answers = await asyncio.gather(*(li.post(RECORDS, {"values": CLAIM}, 201, key="one") for _ in range(8)))

    assert all(one == answers[0] for one in answers)
    other = {"values": {**CLAIM, "reason": "别的"}}
    assert (await li.post(RECORDS, other, 409, key="one"))["code"] == "key_reused"
    assert (await li.post("/forms/customer/records", {"values": CLAIM}, 409, key="one"))[
        "code"
    ] == "key_reused"
    assert len((await li.get(RECORDS))["records"]) == 1


async def test_keys_of_two_people_do_not_meet(company: Company, browser: Browser, li: Program):
    one = await li.post(RECORDS, {"values": CLAIM}, 201, key="same")
    two = await program(company, browser, "zhou").post(RECORDS, {"values": CLAIM}, 201, key="same")

    assert one["id"] != two["id"]


async def test_refused_values_may_come_again_with_the_same_key(li: Program):
    wrong = {
        "values": {"reason": "打车", "items": [CLAIM["items"][0], {"kind": "步行", "amount": "x"}], "nope": 1}
    }

    refused = await li.post(RECORDS, wrong, 422, key="one")

    pointers = {one["pointer"] for one in refused["problems"]}
    assert {"/values/nope", "/values/items/1/kind", "/values/items/1/amount"} <= pointers
    assert refused["problems"][0]["path"] == refused["field"]
    await li.post(RECORDS, {"values": CLAIM}, 201, key="one")


async def test_a_key_is_needed_for_changes(li: Program):
    answer = await li.browser.post(
        f"/api/v1{RECORDS}", json={"values": CLAIM}, headers={"Authorization": f"Bearer {li.secret}"}
    )
    assert (answer.status, (await answer.json())["code"]) == (400, "key_missing")
    assert (await li.call("POST", RECORDS, 400, {"values": CLAIM}, **{"Idempotency-Key": "带中文"}))[
        "code"
    ] == "bad_key"


async def test_a_filter_is_the_expression_people_write(company: Company, li: Program):
    for amount in ("100", "5000", "5000.01", "9000"):
        invoice = company.done(c.StoreFile("li", "a.png", "image/png", b"\x89PNG\r\n\x1a\n0"))
        items = [{"spent_on": "2026-11-20", "kind": "住宿", "amount": amount}]
        await li.post(RECORDS, {"values": {"reason": "出差", "items": items, "invoice": [invoice]}}, 201)

    found = await li.get(f"{RECORDS}?filter=合计 > 5000&fields=total")
    first = await li.get(f"{RECORDS}?limit=3")
    rest = await li.get(f"{RECORDS}?limit=3&cursor={first['next']}")
    odd = await li.get(f'{RECORDS}?filter=大写(合计) == "玖仟元整"')

    assert [one["values"] for one in found["records"]] == [{"total": "9000.00"}, {"total": "5000.01"}]
    assert (len(first["records"]), len(rest["records"]), rest["next"]) == (3, 1, None)
    assert [one["values"]["total"] for one in odd["records"]] == ["9000.00"]
    assert odd["records"][0]["values"]["items"][0]["amount"] == "9000.00"


NONSENSE = [
    "filter=合记 > 1",
    "filter=合计 >",
    "filter=事由 > 5",
    "filter=合计",
    "filter=1; DROP TABLE person",
    "limit=0",
    "limit=201",
    "limit=x",
    "fields=password",
    "cursor=" + "x" * 99,
]


async def test_queries_that_make_no_sense(li: Program):
    for query in NONSENSE:
        refused = await li.get(f"{RECORDS}?{query}", 422)
        assert re.search("[一-龥]", refused["message"]), query


async def test_people_see_their_own_records_alone(company: Company, browser: Browser, li: Program):
    made = await li.post(RECORDS, {"values": CLAIM}, 201)
    task_id = (await program(company, browser, "wang").get("/tasks"))["tasks"][0]["id"]
    sun = program(company, browser, "sun")

    assert (await sun.get(RECORDS))["records"] == []
    assert (await sun.get(f"{RECORDS}?filter=合计 > 0"))["records"] == []
    for path in (f"{RECORDS}/{made['id']}", f"/tasks/{task_id}", f"/instances/{made['instance_id']}"):
        hidden, missing = await sun.get(path, 404), await sun.get(path[:-6] + "-00000", 404)
        assert hidden["message"] == missing["message"]
    await sun.post(f"/tasks/{task_id}/decide", {"verdict": "approve"}, 404)
    await sun.post(f"/instances/{made['instance_id']}/withdraw", {}, 404)
    await sun.call("PATCH", f"{RECORDS}/{made['id']}", 404, {"version": 1, "values": {"reason": "x"}})


async def test_a_change_names_the_version_it_changes(company: Company, li: Program):
    customers = "/forms/customer/records"
    made = await li.post(customers, {"values": {"name": "鸿达", "grade": "A"}}, 201)
    path = f"{customers}/{made['id']}"

    await li.call("PATCH", path, 428, {"values": {"grade": "B"}})
    first = await li.call("PATCH", path, 200, {"version": 1, "values": {"grade": "B"}})
    stale = await li.call("PATCH", path, 409, {"version": 1, "values": {"grade": "C"}})
    await li.get(path)
    etag = li.headers["ETag"]
    second = await li.call("PATCH", path, 200, {"values": {"region": "华东"}}, **{"If-Match": etag})

    assert (first["version"], etag, second["version"]) == (2, '"2"', 3)
    assert "小李" in stale["message"]
    values = (await li.get(path))["values"]
    assert (values["grade"], values["region"], values["sales"]) == ("B", "华东", "li")


async def test_a_task_is_handed_over_and_a_claim_withdrawn(company: Company, browser: Browser, li: Program):
    made = await li.post(RECORDS, {"values": CLAIM}, 201)
    wang = program(company, browser, "wang")
    task = (await wang.get("/tasks"))["tasks"][0]["id"]

    assert (await wang.post(f"/tasks/{task}/transfer", {"to": "zhao"}))["message"] == "已转交给赵总。"
    late = await wang.post(f"/tasks/{task}/decide", {"verdict": "approve"}, 409)
    assert "转交" in late["message"]
    assert (await wang.post(f"/instances/{made['instance_id']}/withdraw", {}, 403))["code"] == "not_allowed"
    assert (await li.call("POST", f"/instances/{made['instance_id']}/withdraw"))["message"] == "已撤回。"
    assert (await li.get(f"/instances/{made['instance_id']}"))["state"] == "withdrawn"


async def test_files_go_in_and_out(company: Company, browser: Browser, li: Program):
    form = FormData(quote_fields=False)
    form.add_field("file", b"%PDF-1.7 x", filename="发票.pdf", content_type="application/pdf")
    headers = {"Authorization": f"Bearer {li.secret}", "Idempotency-Key": "f"}
    stored = await (await browser.post("/api/v1/files", data=form, headers=headers)).json()

    made = await li.post(RECORDS, {"values": {**CLAIM, "invoice": [stored["id"]]}}, 201)

    invoice = (await li.get(f"{RECORDS}/{made['id']}"))["values"]["invoice"]
    assert invoice == [{"id": stored["id"], "name": "发票.pdf", "size": 10, "type": "application/pdf"}]
    answer = await browser.get(f"/api/v1/files/{stored['id']}", headers=headers)
    assert await answer.read() == b"%PDF-1.7 x"
    sun = {"Authorization": f"Bearer {program(company, browser, 'sun').secret}"}
    assert (await browser.get(f"/api/v1/files/{stored['id']}", headers=sun)).status == 404


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", "Basic eDp5", "Bearer zs_00000000000000000000000000_" + "a" * 43, "zs_"],
)
async def test_no_key_no_answer(browser: Browser, authorization: str):
    headers = {"Authorization": authorization} if authorization else {}

    answer = await browser.get("/api/v1/tasks", headers=headers)

    assert (answer.status, (await answer.json())["code"]) == (401, "bad_key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_key_ends_by_time_by_hand_and_with_its_person(company: Company, browser: Browser):
    late, ended, gone = (program(company, browser, one) for one in ("li", "li", "zhou"))
    for one in (late, ended, gone):
        await one.get("/tasks")
    key_id = ended.secret.split("_")[1]
    wrong = Program(browser, ended.secret[:-4] + "aaaa")
    await wrong.get("/tasks", 401)

    company.done(c.RevokeApiKey("system", key_id))
    await ended.get("/tasks", 401)
    text = (ROOT / "suites/company/people.yaml").read_text()
    company.done(
        c.ReplaceDirectory("system", read_company(text.replace("{id: zhou, ", "{id: zhou, active: false, ")))
    )
    await gone.get("/tasks", 401)
    await late.get("/tasks")
    company.clock.pass_(days=30)
    await late.get("/tasks", 401)


async def test_use_is_noted_at_most_once_a_minute(company: Company, li: Program):
    key_id = li.secret.split("_")[1]

    def used() -> Any:
        with company.store.read() as uow:
            key = uow.access.key(key_id)
            return key.last_used_at if key else None

    await li.get("/tasks")
    first = used()
    company.clock.pass_(seconds=30)
    await li.get("/tasks")
    assert used() == first == company.clock.now.replace(minute=0, second=0)
    company.clock.pass_(seconds=31)
    await li.get("/tasks")
    assert used() == company.clock.now


async def test_twenty_calls_a_second(li: Program):
    statuses, answers = [], []
    for _ in range(60):
        headers = {"Authorization": f"Bearer {li.secret}"}
        answer = await li.browser.get("/api/v1/tasks", headers=headers)
        statuses.append(answer.status)
        answers.append(answer)
        if answer.status == 429:
            break

    assert statuses[:20] == [200] * 20
    assert statuses[-1] == 429
    assert answers[0].headers["X-RateLimit-Limit"] == "20"
    assert answers[0].headers["X-RateLimit-Remaining"] == "19"
    assert answers[-1].headers["Retry-After"] == "1"


BODIES = [
    b"{",
    b"[]",
    b'{"values":{},"values":{}}',
    b'{"values":{"reason":"\\u0000"}}',
    b'{"values":{"x":NaN}}',
    b"\xff",
]


async def test_hostile_bodies_are_clear_errors(li: Program):
    headers = {
        "Authorization": f"Bearer {li.secret}",
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }

    for raw in BODIES:
        answer = await li.browser.post(f"/api/v1{RECORDS}", data=raw, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (400, "bad_json"), raw


HOSTILE_VALUES = [
    {"items": "x"},
    {"items": [1]},
    {"items": [[]]},
    {"items": {"a": 1}},
    {"reason": ["x"]},
    {"reason": {"x": 1}},
    {"reason": "长" * 101},
    {"invoice": "x"},
    {"invoice": [{"id": 5, "size": 1}]},
    {"invoice": [{"id": "x" * 26, "size": 1}]},
    {"paid_by": 5},
    {"paid_by": True},
    {"applicant": 12},
    {"items": [{"spent_on": 20261120, "kind": "交通", "amount": 1}]},
    {"items": [{"spent_on": "2026-02-30", "kind": "交通", "amount": "1"}]},
    {"items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": 0.001}]},
    {"items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": "1e3"}]},
    {"items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": True}]},
    {"items": [{"spent_on": "2026-11-20", "kind": "交通", "amount": 999999999999999999}]},
    {"items": [{"spent_on": "2027-11-20", "kind": "交通", "amount": "1"}]},
]


async def test_hostile_values_are_problems_with_a_place(li: Program):
    for values in HOSTILE_VALUES:
        refused = await li.post(RECORDS, {"values": {**CLAIM, **values}}, 422)

        assert refused["problems"], values
        assert all(one["message"] and one["pointer"].startswith("/values") for one in refused["problems"])


async def test_the_openapi_document_is_whole(li: Program):
    found = await li.get("/openapi.json")

    assert found["openapi"] == "3.1.0"
    assert found["servers"][0]["url"].endswith("/api/v1")
    for reference in references(found):
        assert resolve(found, reference), reference
    operations = [
        one for path in found["paths"].values() for name, one in path.items() if name != "parameters"
    ]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))
    assert {"create_expense_claim", "list_customer", "update_follow_up", "decide_task"} <= set(ids)
    for path, item in found["paths"].items():
        for name in re.findall(r"{(\w+)}", path):
            given = [resolve(found, one["$ref"]) for one in item["parameters"]]
            assert any(one["name"] == name and one["in"] == "path" for one in given), path
    new = found["components"]["schemas"]["expense_claim.new"]
    assert {"reason", "items"} <= set(new["required"])
    assert "total" not in new["properties"]
    values = found["components"]["schemas"]["expense_claim.values"]["properties"]
    assert values["total"]["readOnly"] is True
    assert values["items"]["items"]["properties"]["kind"]["enum"] == ["交通", "住宿", "餐饮", "其他", None]


async def test_every_path_of_the_document_is_served(company: Company, li: Program):
    found = await li.get("/openapi.json")
    made = await li.post(RECORDS, {"values": CLAIM}, 201)

    for path, item in found["paths"].items():
        if "get" in item and "file" not in path:
            url = path.replace("{form}", "expense_claim")
            url = url.replace("{id}", made["instance_id"] if "instances" in path else made["id"])
            answer = await li.browser.get(f"/api/v1{url}", headers={"Authorization": f"Bearer {li.secret}"})
            body = await answer.json()
            assert answer.status == 200 or "无权" in body["message"], (path, body)


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [one for inner in value.values() for one in references(inner)]
    return [one for inner in value for one in references(inner)] if isinstance(value, list) else []


def resolve(document: Any, reference: str) -> Any:
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {})
    return found
