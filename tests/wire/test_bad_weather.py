"""What goes wrong between the clouds and us: doubled, repeated, forged, lost. Over the real wires."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import aiohttp
import pytest

from bot.app import open_store
from core.commands import CreateRecord, ReplaceDirectory, TellPerson
from core.people import Directory
from core.service import Service
from tests.company import ROOT, count, furnish
from tests.wire.house import House, claim, labels, sandbox_alone, settings_at, today, until

TRANSITIONS = "SELECT count(*) FROM transition"


async def test_every_callback_twice_has_one_effect(house: House):
    """每次投递都重复：一句「报销」只有一张卡片，一次同意只有一条办理记录。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await house.box.faults(duplicate_rate=1.0)

    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    await wang.press("同意")
    await li.sees("费用报销 已通过")
    await house.settled()

    assert house.read(lambda uow: count(uow, TRANSITIONS)) == 1
    assert house.read(lambda uow: count(uow, "SELECT count(*) FROM f_expense_claim")) == 1
    assert len(await li.cards()) == 1
    wire = await house.box.wire()
    assert sum(one["path"] == "template_card_event" for one in wire) == 2


async def test_what_is_delivered_again_for_want_of_an_ack_has_one_effect(house: House):
    """平台没等到应答就重投（钉钉同一 msgId、企业微信新随机数）：还是一张卡片、一次生效。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await house.box.faults("dingtalk", redeliver_seconds=0.001)
    await house.box.post(
        "say", platform="dingtalk", userid=li.userid, text="报销"
    )  # three times, each too late
    await li.sees("费用报销")
    await house.box.faults("dingtalk", reset=True)
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")

    await house.box.faults("wecom", callback_seconds=0.002)
    pressed = await wang.click("同意")
    await house.box.faults("wecom", reset=True)
    await li.sees("费用报销 已通过")
    await house.settled()

    wire = await house.box.wire()
    attempts = [one["attempt"] for one in wire if one["path"] == "template_card_event"]
    assert len(attempts) > 1, pressed
    frames = [one for one in wire if one["direction"] == "from_cloud" and "bot/messages" in one["path"]]
    assert len(frames) > 2
    assert house.read(lambda uow: count(uow, TRANSITIONS)) == 1
    assert len(await li.cards()) == 2


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("bad_signature", 403, "signature"),
        ("modified_cipher", 403, "decrypt"),
        ("foreign_corp", 403, "receiver"),
        ("missing_parameters", 403, "query"),
        ("plaintext", 403, "encrypt_missing"),
        ("stale_timestamp", 403, "timestamp"),
    ],
)
async def test_a_bad_callback_is_refused_counted_and_the_loop_lives_on(
    cottage: House, kind: str, status: int, reason: str
):
    """伪造、改动、别家企业、缺参数、明文、过期的回调：拒绝并计数；真的消息照常有回应。"""
    name = f'zhongshu_frames_refused_total{{platform="wecom",reason="{reason}"}}'
    before = await cottage.metric(name)

    attacked = await cottage.box.post("attack", kind=kind)

    assert attacked["status"] == status
    assert await cottage.metric(name) == before + 1
    wang = cottage.phone("wang", "wecom")
    await wang.say("你好")
    assert "没有听懂「你好」" in await wang.sees_text("没有听懂")
    ready, _ = await cottage.get("/readyz")
    assert ready == 200


async def test_a_replayed_press_is_believed_and_changes_nothing(cottage: House):
    """把王经理的同意原样再放一遍：签名是真的，所以答 200，但什么也不再发生。"""
    li, wang = cottage.phone("li", "dingtalk"), cottage.phone("wang", "wecom")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    await wang.press("同意")
    await li.sees("费用报销 已通过")
    rows = cottage.read(lambda uow: uow.audit.count())

    assert (await cottage.box.post("attack", kind="replay"))["status"] == 200

    assert cottage.read(lambda uow: count(uow, TRANSITIONS)) == 1
    assert cottage.read(lambda uow: uow.audit.count()) == rows


async def test_a_frame_that_is_not_json_and_a_cut_link_do_not_end_the_stream(cottage: House):
    """钉钉推来一帧乱码、又把连接掐断：几秒内重连，照常回话。"""
    li = cottage.phone("li", "dingtalk")
    await cottage.box.faults("dingtalk", garbage=True)
    await li.say("你好")
    await li.sees_text("没有听懂「你好」")
    await cottage.box.faults("dingtalk", cut=True)
    await cottage.box.faults("dingtalk", redeliver_seconds=0.5)
    await li.say("再见")
    await li.sees_text("没有听懂「再见」")


async def test_while_the_platforms_are_down_nothing_is_lost_and_order_is_kept(house: House):
    """两个平台都 503：单据照收；恢复后卡片和消息全部到达，先说的先到，一条不多。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await house.box.faults(down=True)
    rows = [{"spent_on": today(-1), "kind": "交通", "amount": "86.5"}]
    await house.perform(CreateRecord("li", "expense_claim", {"reason": "打车", "items": rows}))
    for number in (1, 2, 3):
        for person, platform in (("li", "dingtalk"), ("wang", "wecom")):
            await house.perform(TellPerson("system", person, platform, f"第 {number} 条"))
    await asyncio.sleep(0.5)
    assert not await li.chat()
    assert not await wang.chat()
    waiting = house.read(lambda uow: uow.outbox.counts())
    assert waiting.get("parked", 0) == 0

    await house.box.faults(down=False)

    await li.sees("费用报销 审批中", patience=20)
    await wang.sees("小李的费用报销等您审批", patience=20)
    await house.settled(20)
    for one in (li, wang):
        assert await one.texts() == ["第 1 条", "第 2 条", "第 3 条"]
        assert len(await one.cards()) == 1
    assert not house.read(lambda uow: uow.incidents.list("open", 10))


async def test_lost_answers_do_not_double_a_card(house: House):
    """平台收下了却没把应答送到：重试不会让王经理收到两张卡片。"""
    li, wang = house.phone("li", "dingtalk"), house.phone("wang", "wecom")
    await house.box.faults(drop_rate=1.0)
    rows = [{"spent_on": today(-1), "kind": "交通", "amount": "86.5"}]
    await house.perform(CreateRecord("li", "expense_claim", {"reason": "打车", "items": rows}))
    await asyncio.sleep(0.4)
    await house.box.faults(reset=True)

    await li.sees("费用报销 审批中", patience=20)
    await wang.sees("小李的费用报销等您审批", patience=20)
    await house.settled(20)
    assert len(await li.cards()) == 1
    assert len(await wang.cards()) == 1
    await wang.press("同意")
    over = await li.sees("费用报销 已通过", patience=20)
    assert labels(over) == ["查看详情"]


async def test_expired_tokens_are_fetched_again(cottage: House):
    """两边的 access_token 忽然失效：下一次调用自己换新的。"""
    li, wang = cottage.phone("li", "dingtalk"), cottage.phone("wang", "wecom")
    await claim(li, "86.5")
    await wang.sees("小李的费用报销等您审批")
    await cottage.box.faults(expire_tokens=True)
    await claim(li, "10")
    await cottage.settled()
    assert len(await wang.cards()) == 2


async def test_a_stranger_is_told_whom_to_ask(cottage: House):
    """在企业微信里却不在通讯录里的人：礼貌地说该找谁，什么也不建。"""
    known = cottage.read(lambda uow: uow.people)
    people = {key: one for key, one in known.people.items() if key != "zhou"}
    wang, zhou = cottage.phone("wang", "wecom"), cottage.phone("zhou", "wecom")
    await cottage.perform(ReplaceDirectory("system", Directory(people, known.departments, known.roles)))

    await zhou.say("报销")

    assert await zhou.texts() == [
        "您好，公司通讯录里还没有您（ZhouTing），所以暂时不能使用。请联系 赵总 把您加进通讯录。"
    ]
    await wang.say("帮助")
    await wang.sees("可以这样说")
    assert cottage.read(lambda uow: count(uow, "SELECT count(*) FROM draft")) == 0


async def test_sigterm_ends_the_server_cleanly_within_ten_seconds(tmp_path):
    """`zhongshu serve` 收到 SIGTERM：十秒内退出，退出码 0；重新打开数据库没有残留的锁。"""

    async with sandbox_alone() as (sandbox, product, box):
        settings = settings_at(f"sqlite:///{tmp_path / 'zhongshu.db'}", tmp_path, product, sandbox)
        store = await asyncio.to_thread(open_store, settings)
        await asyncio.to_thread(furnish, store, Service(store))
        await asyncio.to_thread(store.close)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "serve"),
            cwd=ROOT,
            env=os.environ | environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await ready(f"http://127.0.0.1:{product}/readyz", process)
            said = await box.post("say", platform="dingtalk", userid="liming", text="报销")
            assert said["acked"]
            started = asyncio.get_running_loop().time()
            process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), 10)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        output = (await process.stdout.read()).decode()
        assert code == 0, output
        assert asyncio.get_running_loop().time() - started < 10
        assert "首次密码" in output
        assert "Traceback" not in output
        assert "wecom-secret" not in output
        again = await asyncio.to_thread(open_store, settings)
        await asyncio.to_thread(again.close)


def environment(settings) -> dict[str, str]:
    """Settings as an operator sets them."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        text = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        found[f"ZHONGSHU_{name.upper()}"] = text
    return found


async def ready(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the server says that it is ready, with its stream connected."""

    async def look() -> bool | None:
        assert process.returncode is None, (await process.stdout.read()).decode()
        try:
            async with aiohttp.ClientSession() as http, http.get(url) as response:
                body = await response.json()
        except aiohttp.ClientError:
            return None
        platforms = body.get("platforms", {})
        return True if body["ok"] and all(one["healthy"] for one in platforms.values()) else None

    async def report() -> str:
        return "not ready"

    await until(look, 20, report)
