"""The admin page's endpoints for groups, channels, addresses and dead letters."""

from __future__ import annotations

from core import commands as c
from core.keys import Keys
from core.store.groups import GROUP_PLACE
from tests.http.conftest import Admin, Company

HOOK_URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0"
CALL = """rule: call_erp
title: 告诉 ERP
when: {created: customer}
then:
  - http: {url: "https://erp.example/x"}
  - notify: {group: 仓库群, text: 新客户}
"""


async def test_a_wecom_group_is_entered_by_its_webhook(company: Company, admin: Admin):
    """粘贴 webhook 地址登记群：密钥加密保存、不再显示；同一地址、同名都不能再登记；改名、去掉。"""
    said = await admin.post("/groups", {"name": "仓库群", "way": "webhook", "address": HOOK_URL})
    assert said["message"] == "已登记群「仓库群」。"
    with company.store.read() as uow:
        [row] = uow.groups.all()
    assert "693a91f6" not in row.address
    assert Keys(b"k" * 32).unseal(GROUP_PLACE, row.address) == "693a91f6-7xxx-4bc4-97a0"
    shown = await admin.get("/reach")
    assert "693a91f6" not in str(shown)
    assert shown["groups"][0]["platform"] == "wecom"

    for name, address in (("另一个", HOOK_URL), ("仓库群", HOOK_URL.replace("693", "694"))):
        await admin.post("/groups", {"name": name, "way": "webhook", "address": address}, status=409)
    wrong = {"name": "新", "way": "webhook", "address": "https://qyapi.weixin.qq.com/x"}
    await admin.post("/groups", wrong, status=422)
    await admin.post("/groups", {**wrong, "way": "pigeon"}, status=422)

    await admin.call("PUT", f"/groups/{row.id}", {"name": "仓储群"})
    assert (await admin.get("/reach"))["groups"][0]["name"] == "仓储群"
    await admin.call("DELETE", f"/groups/{row.id}")
    await admin.call("DELETE", f"/groups/{row.id}", status=404)
    assert (await admin.get("/reach"))["groups"] == []


async def test_who_writes_where_is_told_and_secrets_are_there(company: Company, admin: Admin):
    """规则写了还没有的群：列出来并说是谁在用；调用的外部系统有各自的签名密钥。"""
    company.done(c.Publish("zhao", CALL))
    found = await admin.get("/reach")
    missing = next(one for one in found["groups"] if one["name"] == "仓库群")
    assert (missing["id"], missing["uses"]) == ("", ["规则「告诉 ERP」"])
    mine = next(one for one in found["destinations"] if one["key"] == "call_erp")
    assert mine == {"kind": "rule", "key": "call_erp", "title": "告诉 ERP", "url": "https://erp.example/x"}
    secret = (await admin.get("/reach/secret/rule/call_erp"))["secret"]
    assert len(secret) == 64
    await admin.get("/reach/secret/rule/new_lead", status=404)
    await admin.get("/reach/secret/flow/call_erp", status=404)
    assert [one["on"] for one in found["channels"]] == [False, False]


async def test_a_person_s_addresses(company: Company, admin: Admin):
    """改邮箱和手机：列表里手机打码；写错说哪一项；重新导入通讯录时保留。"""
    await admin.call("PUT", "/people/li/contact", {"email": "ming@hongda.example", "mobile": "13911112222"})
    people = {one["id"]: one for one in (await admin.get("/people"))["people"]}
    assert (people["li"]["email"], people["li"]["mobile"]) == ("ming@hongda.example", "139****2222")
    assert await admin.get("/people/li/contact") == {"email": "ming@hongda.example", "mobile": "13911112222"}
    wrong = await admin.call(
        "PUT", "/people/li/contact", {"email": "a@b, x@y.example", "mobile": "电话"}, status=422
    )
    assert {one["path"] for one in wrong["problems"]} == {"email", "mobile"}
    await admin.get("/people/nobody/contact", status=404)


async def test_a_trial_and_all_dead_letters_again(company: Company, admin: Admin):
    """测试消息进发件箱；不是地址就不发；搁置的一起重试。"""
    await admin.post("/reach/try", {"channel": "mail", "to": "boss@hongda.example"})
    await admin.post("/reach/try", {"channel": "sms", "to": "13800000001"})
    await admin.post("/reach/try", {"channel": "mail", "to": "boss"}, status=422)
    await admin.post("/reach/try", {"channel": "chat", "to": "li"}, status=422)
    await admin.post("/reach/try", {"channel": "group", "to": "nothing"}, status=404)
    rows = (await admin.get("/outbox?state=waiting"))["rows"]
    assert {(one["kind"], one["person"]) for one in rows} == {
        ("mail", "boss@hongda.example"),
        ("sms", "13800000001"),
    }
    assert (await admin.post("/outbox/retry-all", {}))["message"] == "没有搁置的消息。"
