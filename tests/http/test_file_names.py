"""Files that are named by a rule of their field when the record is saved, wherever they are shown."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from aiohttp import FormData

from core import commands as c
from tests.http.conftest import Admin, Browser, Company
from tests.http.test_api import Program, program

CONTRACT = """
form: contract
title: 合同
number: "HT-{seq:3}"
fields:
  - {key: client, label: 客户, type: text}
  - {key: scans, label: 扫描件, type: attachment, rename: "{编号}-{客户}-{序号}"}
  - {key: raw, label: 原件, type: attachment, rename: "{客户}_{原名}"}
  - key: parts
    label: 附表
    type: subtable
    fields:
      - {key: name, label: 名目, type: text}
      - {key: sheet, label: 表, type: attachment, rename: "{编号}附表{序号}"}
"""
PDF = b"%PDF-1.7 x"
CONTRACTS = "/forms/contract/records"


@pytest.fixture
def li(company: Company, browser: Browser) -> Program:
    company.done(c.Publish(c.SYSTEM, CONTRACT, "测试"))
    return program(company, browser, "li")


async def sent(li: Program, name: str) -> str:
    form = FormData(quote_fields=False)
    form.add_field("file", PDF + name.encode(), filename=name, content_type="application/pdf")
    headers = {"Authorization": f"Bearer {li.secret}", "Idempotency-Key": f"{len(name)}-{ord(name[0])}"}
    return str((await (await li.browser.post("/api/v1/files", data=form, headers=headers)).json())["id"])


def names(values: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in values]


async def test_new_files_are_named_when_the_record_is_saved(li: Program, admin: Admin) -> None:
    """What file systems refuse is replaced; a later file has a number of its own, older ones keep their names."""
    first, second, odd = await sent(li, "a.pdf"), await sent(li, "b.PDF"), await sent(li, "c.pdf")
    sheets = [await sent(li, "d.pdf"), await sent(li, "e.pdf")]
    values: dict[str, Any] = {
        "client": "甲/乙:公司*",
        "scans": [first, second],
        "raw": [odd],
        "parts": [{"name": "一", "sheet": [sheets[0]]}, {"name": "二", "sheet": [sheets[1]]}],
    }
    made = await li.post(CONTRACTS, {"values": values}, 201)
    at = f"{CONTRACTS}/{made['id']}"
    kept = (await li.get(at))["values"]
    assert names(kept["scans"]) == ["HT-001-甲_乙_公司_-1.pdf", "HT-001-甲_乙_公司_-2.PDF"]
    assert names(kept["raw"]) == ["甲_乙_公司__c.pdf"]
    assert [names(row["sheet"]) for row in kept["parts"]] == [["HT-001附表1.pdf"], ["HT-001附表2.pdf"]]

    headers = {"Authorization": f"Bearer {li.secret}"}
    answer = await li.browser.get(f"/api/v1/files/{first}", headers=headers)
    assert "HT-001-甲_乙_公司_-1.pdf" in unquote(answer.headers["Content-Disposition"])
    page = await admin.get(f"/records/contract/{made['id']}")
    assert "HT-001-甲_乙_公司_-1.pdf" in str(page)

    job = (await admin.post("/records/contract/exports", {"files": True}))["id"]
    for _ in range(100):
        if (await admin.get(f"/exports/{job}"))["state"] != "running":
            break
        await asyncio.sleep(0.05)
    packed = await (await admin.client.get(f"/admin/api/exports/{job}/file")).read()
    paths = ZipFile(BytesIO(packed)).namelist()
    assert any(one.endswith("HT-001-甲_乙_公司_-1.pdf") for one in paths), paths

    third = await sent(li, "f.pdf")
    change = {"version": 1, "values": {"client": "丙", "scans": [second, third], "raw": [odd]}}
    await li.call("PATCH", at, 200, change)
    kept = (await li.get(at))["values"]
    assert names(kept["scans"]) == ["HT-001-甲_乙_公司_-2.PDF", "HT-001-丙-2.pdf"]
    assert names(kept["raw"]) == ["甲_乙_公司__c.pdf"]


async def test_names_are_short_and_their_own(company: Company, li: Program) -> None:
    """At most 120 characters with the extension; two of one name differ."""
    same = [await sent(li, "x.pdf"), await sent(li, "y.pdf")]
    long_ = await sent(li, "很" * 100 + ".pdf")
    values = {"client": "长" * 100, "raw": [long_]}
    made = await li.post(CONTRACTS, {"values": values}, 201)
    (name,) = names((await li.get(f"{CONTRACTS}/{made['id']}"))["values"]["raw"])
    assert len(name) == 120
    assert name.startswith("长" * 100 + "_很")
    assert name.endswith(".pdf")
    company.done(c.Publish(c.SYSTEM, CONTRACT.replace("-{序号}", ""), "测试"))
    made = await li.post(CONTRACTS, {"values": {"client": "丁", "scans": same}}, 201)
    assert names((await li.get(f"{CONTRACTS}/{made['id']}"))["values"]["scans"]) == [
        "HT-002-丁.pdf",
        "HT-002-丁-2.pdf",
    ]


async def test_the_draft_says_it_too(li: Program) -> None:
    """What was handed in and is opened again shows the names that the files have now."""
    file = {"id": await sent(li, "a.pdf"), "name": "a.pdf", "size": 15, "type": "application/pdf"}
    draft = await li.post("/drafts", {"form": "contract", "values": {"client": "戊", "scans": [file]}}, 201)
    await li.post(f"/drafts/{draft['id']}/submit", {}, 201)
    values = (await li.get(f"/drafts/{draft['id']}"))["values"]
    assert names(values["scans"]) == ["HT-001-戊-1.pdf"]


def test_a_rule_names_what_there_is(company: Company) -> None:
    outcome = company.do(c.Publish(c.SYSTEM, CONTRACT.replace("{编号}附表", "{甲方}附表"), "测试"))
    said = " ".join([outcome.message, *(one.message for one in outcome.problems)])
    assert "「表」的文件命名规则里不能用「甲方」" in said
    assert any(one.path.endswith("fields.3.fields.1.rename") for one in outcome.problems)
