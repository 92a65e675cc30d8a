"""Calls to WeCom against a tiny fake: tokens, sending once, updates, errors, limits, media, login, doctor."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fake_wecom import started

from bot.adapters import wecom_api
from bot.adapters.base import Handle, PlatformError
from bot.adapters.wecom_api import WeComConfig
from bot.adapters.wecom_tokens import MemberLimit
from bot.cards import Button, Card, Picture, Text, Tone
from core.settings import Settings

CARD = Card("报销", buttons=(Button("approve", "同意"),), token="t")
DONE = Card("报销", tone=Tone.DONE)
PNG = Picture(b"\x89PNG-bytes", "图 表.png", "销售额")


async def refused(call) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        await call
    return caught.value


async def test_a_card_goes_to_one_person_under_our_key():
    """task_id is the key, the handle holds the code for 72 hours, the JSON is raw UTF-8."""
    async with started() as s:
        handle = await s.wecom.send("LiMing", CARD, "task-17_1")
        body = s.cloud.bodies("message/send")[0]
        assert handle == Handle("task-17_1", "RC-send", s.clock.now + timedelta(hours=72))
        assert (body["touser"], body["agentid"], body["msgtype"]) == ("LiMing", 1000002, "template_card")
        assert (body["template_card"]["task_id"], body["enable_duplicate_check"]) == ("task-17_1", 1)
        assert "报销".encode() in body["raw"]
        assert s.cloud.calls[-1][1] == {"access_token": "T1"}


async def test_the_same_key_twice_is_a_success():
    """42014 says that an earlier try arrived; its code is lost, so the handle has none."""
    async with started() as s:
        s.cloud.then("message/send", {"errcode": 42014, "errmsg": "taskid has existed"})
        assert await s.wecom.send("LiMing", CARD, "k1") == Handle("k1", repeated=True)


async def test_a_repeated_text_is_the_same_request_and_another_key_is_not():
    """The platform drops equal requests: a retry must be equal, a second reminder must not."""
    async with started() as s:
        for key in ("a", "a", "b"):
            await s.wecom.send("LiMing", Text("请处理"), key)
        first, again, other = (body["raw"] for body in s.cloud.bodies("message/send"))
        assert first == again != other


async def test_a_long_text_is_sent_in_parts():
    async with started() as s:
        await s.wecom.send("LiMing", Text("一行字\n" * 300), "k")
        contents = [body["text"]["content"] for body in s.cloud.bodies("message/send")]
        assert len(contents) == 2
        assert "\n".join(contents) == ("一行字\n" * 300).rstrip("\n")


async def test_empty_texts_and_impossible_cards_are_not_sent():
    async with started() as s:
        for message, key in ((Text(" \n"), "k"), (CARD, "带中文的键"), (Card("", buttons=CARD.buttons), "k")):
            assert (await refused(s.wecom.send("LiMing", message, key))).permanent
        assert s.cloud.bodies("message/send") == []


async def test_a_picture_is_uploaded_once_with_an_ascii_name():
    """Equal bytes are one media id, so a retry is the same request."""
    async with started() as s:
        await s.wecom.send("LiMing", PNG, "k")
        await s.wecom.send("LiMing", PNG, "k")
        assert s.cloud.bodies("media/upload") == [("___.png", "image/png", PNG.data)]
        assert [b["image"]["media_id"] for b in s.cloud.bodies("message/send")] == ["M1", "M1"]


async def test_an_expired_picture_is_uploaded_again():
    """40007 once; and after two days without asking."""
    async with started() as s:
        s.cloud.then("message/send", {"errcode": 40007, "errmsg": "invalid media_id"})
        await s.wecom.send("LiMing", PNG, "k")
        s.clock.move(days=2, seconds=1)
        await s.wecom.send("LiMing", PNG, "k2")
        assert [b["image"]["media_id"] for b in s.cloud.bodies("message/send")] == ["M1", "M2", "M3"]


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
async def test_a_receiver_who_cannot_be_reached_is_permanent(field):
    """errcode 0, the name in lower case."""
    async with started() as s:
        s.cloud.then("message/send", {"errcode": 0, field: "x|liming"}, {"errcode": 0, field: "someone"})
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert (error.permanent, error.code) == (True, field)
        await s.wecom.send("LiMing", CARD, "k2")


ERRORS = {
    -1: {"permanent": False, "retry_after": 3.0},
    45009: {"permanent": False, "retry_after": 60.0},
    45033: {"permanent": False, "retry_after": 5.0},
    40001: {"permanent": True},
    60020: {"permanent": True},
    301002: {"permanent": True},
    81013: {"permanent": True},
    43012: {"permanent": True},
    42039: {"permanent": True},
    99999: {"permanent": True},
}


@pytest.mark.parametrize("code", ERRORS)
async def test_errcodes_say_whether_trying_again_helps(code):
    async with started() as s:
        s.cloud.then("message/send", {"errcode": code, "errmsg": "x, hint: [1], from ip: 10.1.2.3, more"})
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert {"permanent": error.permanent} | (
            {"retry_after": error.retry_after} if error.retry_after else {}
        ) == ERRORS[code]
        assert (error.code, error.ambiguous, error.gone) == (str(code), False, False)
        assert ("10.1.2.3" in str(error)) == (code == 60020)
        assert "hint" not in str(error)


@pytest.mark.parametrize(
    "answer", [(502, "<html>"), (200, "<html>"), (200, "[]"), (500, "{}"), (200, '{"errcode":"x"}')]
)
async def test_an_answer_that_is_none_may_have_had_its_effect(answer):
    async with started() as s:
        s.cloud.then("message/send", answer)
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert (error.ambiguous, error.permanent) == (True, False)


async def test_silence_is_ambiguous_and_no_connection_is_not(monkeypatch):
    monkeypatch.setattr(wecom_api, "TIMEOUT", wecom_api.aiohttp.ClientTimeout(total=0.2))
    async with started() as s:
        s.cloud.then("message/send", 1.0)
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert (error.ambiguous, error.permanent) == (True, False)
        assert "T1" not in str(error)
    async with started(api_base="http://127.0.0.1:1") as s:
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert (error.ambiguous, error.permanent) == (False, False)


async def test_twenty_callers_fetch_one_token():
    async with started() as s:
        await asyncio.gather(*(s.wecom.send(f"u{n}", CARD, f"k{n}") for n in range(20)))
        assert s.cloud.tokens == 1


async def test_a_token_is_renewed_at_eighty_percent():
    async with started() as s:
        await s.wecom.send("LiMing", CARD, "k1")
        s.clock.move(seconds=7200 * 0.8 - 1)
        await s.wecom.send("LiMing", CARD, "k2")
        assert s.cloud.tokens == 1
        s.clock.move(seconds=2)
        await s.wecom.send("LiMing", CARD, "k3")
        assert s.cloud.tokens == 2


async def test_a_failed_renewal_keeps_the_old_token_while_it_lives():
    async with started() as s:
        await s.wecom.send("LiMing", CARD, "k1")
        s.clock.move(seconds=6000)
        s.cloud.then("gettoken", (502, ""))
        await s.wecom.send("LiMing", CARD, "k2")
        assert s.cloud.calls[-1][1] == {"access_token": "T1"}
        s.clock.move(seconds=1300)
        s.cloud.then("gettoken", (502, ""))
        assert not (await refused(s.wecom.send("LiMing", CARD, "k3"))).permanent


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_refused_in_mid_flight_is_fetched_again_once(code):
    """Ten callers at once: one refetch, everything arrives."""
    async with started() as s:
        await s.wecom.send("LiMing", CARD, "k")
        s.cloud.then("message/send", *[{"errcode": code, "errmsg": ""}] * 10)
        await asyncio.gather(*(s.wecom.send(f"u{n}", CARD, f"k{n}") for n in range(10)))
        assert s.cloud.tokens == 2
        assert len(s.cloud.bodies("message/send")) == 21


async def test_a_platform_that_refuses_every_token_is_not_hammered():
    """wechatpy made 372 requests here: two for each call of ours, and one refetch in five seconds."""
    async with started() as s:
        s.cloud.then("message/send", *[{"errcode": 42001, "errmsg": ""}] * 20)
        for number in range(5):
            error = await refused(s.wecom.send("LiMing", CARD, f"k{number}"))
            assert (error.permanent, error.retry_after) == (False, 5.0)
        assert s.cloud.tokens == 2
        s.clock.move(seconds=6)
        await refused(s.wecom.send("LiMing", CARD, "k9"))
        assert s.cloud.tokens == 3


async def test_a_wrong_secret_is_said_and_not_repeated():
    async with started() as s:
        s.cloud.then("gettoken", {"errcode": 40001, "errmsg": "invalid credential"})
        error = await refused(s.wecom.send("LiMing", CARD, "k"))
        assert error.permanent
        assert "ZHONGSHU_WECOM_SECRET" in str(error)


async def test_a_card_is_updated_with_its_code_once():
    async with started() as s:
        handle = await s.wecom.send("LiMing", CARD, "k")
        used = await s.wecom.update("LiMing", handle, DONE)
        body = s.cloud.bodies("message/update_template_card")[0]
        assert used == Handle("k")
        assert (body["userids"], body["response_code"], body["agentid"]) == (["LiMing"], "RC-send", 1000002)
        assert body["template_card"]["replace_text"] == "已处理"
        assert (await refused(s.wecom.update("LiMing", used, DONE))).gone
        assert len(s.cloud.bodies("message/update_template_card")) == 1


async def test_a_code_ends_after_72_hours():
    async with started() as s:
        handle = await s.wecom.send("LiMing", CARD, "k")
        s.clock.move(hours=72)
        assert (await refused(s.wecom.update("LiMing", handle, DONE))).gone


@pytest.mark.parametrize("code", [42022, 42003, 40058, 42016, 12345])
async def test_any_refusal_of_an_update_means_gone(code):
    async with started() as s:
        s.cloud.then("message/update_template_card", {"errcode": code, "errmsg": ""})
        error = await refused(s.wecom.update("LiMing", Handle("k", "RC"), DONE))
        assert (error.gone, error.permanent) == (True, False)


@pytest.mark.parametrize(
    ("answer", "permanent"), [({"errcode": -1}, False), ((502, ""), False), ({"errcode": 60020}, True)]
)
async def test_busy_and_set_up_do_not_mean_gone(answer, permanent):
    async with started() as s:
        s.cloud.then("message/update_template_card", answer)
        error = await refused(s.wecom.update("LiMing", Handle("k", "RC"), DONE))
        assert (error.gone, error.permanent) == (False, permanent)


async def test_an_update_that_reaches_nobody_is_permanent():
    async with started() as s:
        s.cloud.then("message/update_template_card", {"errcode": 0, "invaliduser": ["liming"]})
        assert (await refused(s.wecom.update("LiMing", Handle("k", "RC"), DONE))).permanent


async def test_the_26th_message_in_a_minute_waits():
    """Above 30 the platform drops in silence; another member is not held up."""
    async with started() as s:
        for number in range(25):
            await s.wecom.send("LiMing", CARD, f"k{number}")
            s.clock.move(seconds=1)
        error = await refused(s.wecom.send("liming", CARD, "k25"))
        assert (error.permanent, error.retry_after) == (False, 35.0)
        await s.wecom.send("WangFang", CARD, "k26")
        s.clock.move(seconds=35)
        await s.wecom.send("LiMing", CARD, "k25")
        assert len(s.cloud.bodies("message/send")) == 27


def test_nine_hundred_an_hour_and_a_clock_set_back():
    now = 1000.0
    limit = MemberLimit(lambda: now)
    for _ in range(900):
        limit.take("x")
        now += 2.5
    with pytest.raises(PlatformError) as caught:
        limit.take("x")
    assert caught.value.retry_after == pytest.approx(3600 - 2250)
    now = 0.0
    limit.take("x")


def test_members_of_long_ago_are_forgotten():
    now = 0.0
    limit = MemberLimit(lambda: now)
    for number in range(5000):
        limit.take(f"u{number}")
    now = 4000.0
    limit.take("u1")
    assert len(limit._sent) == 1


async def test_login_url_and_code():
    async with started(login_base="https://open.example.com") as s:
        assert s.wecom.login_url("https://zs.example.com/h5/back?a=1&b=2", "Abc123") == (
            "https://open.example.com/connect/oauth2/authorize?appid=wwCORP"
            "&redirect_uri=https%3A%2F%2Fzs.example.com%2Fh5%2Fback%3Fa%3D1%26b%3D2"
            "&response_type=code&scope=snsapi_base&state=Abc123&agentid=1000002#wechat_redirect"
        )
        for state in ("", "a-b", "a" * 129, "a\n"):
            with pytest.raises(ValueError, match="state"):
                s.wecom.login_url("https://x", state)
        assert await s.wecom.login("C&=1") == "LiMing"
        assert s.cloud.calls[-1][1]["code"] == "C&=1"


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0, "openid": "o"},
        {"errcode": 40029, "errmsg": "invalid code"},
        {"errcode": 0, "userid": ""},
    ],
)
async def test_outsiders_and_spent_codes_are_refused(answer):
    async with started() as s:
        s.cloud.then("auth/getuserinfo", answer)
        assert (await refused(s.wecom.login("C"))).permanent


async def findings(s) -> dict[str, bool]:
    return {finding.name.removeprefix("企业微信 "): finding.ok for finding in await s.wecom.check()}


async def test_the_doctor_finds_everything_right():
    async with started() as s:
        s.cloud.then("message/send", {"errcode": 81013, "errmsg": ""})
        assert await findings(s) == {
            "CorpID 与 Secret": True,
            "AgentId": True,
            "Token": True,
            "EncodingAESKey": True,
        }
        assert s.cloud.bodies("message/send")[0]["touser"] == "zhongshu_doctor_nobody"


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("gettoken", 40013, "ZHONGSHU_WECOM_CORP_ID"),
        ("gettoken", 40001, "ZHONGSHU_WECOM_SECRET"),
        ("message/send", 301002, "ZHONGSHU_WECOM_AGENT_ID"),
        ("message/send", 60020, "可信IP"),
    ],
)
async def test_the_doctor_names_the_wrong_setting(path, code, words):
    async with started() as s:
        s.cloud.then(path, {"errcode": code, "errmsg": ""})
        wrong = [finding for finding in await s.wecom.check() if not finding.ok]
        assert len(wrong) == 1
        assert words in wrong[0].message
        assert wrong[0].fix


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"token": "with-dash"}, {"Token"}),
        ({"aes_key": "short"}, {"EncodingAESKey"}),
        ({"aes_key": "é" * 43}, {"EncodingAESKey"}),
    ],
)
async def test_the_doctor_looks_at_the_form_of_keys(changes, wrong):
    async with started(**changes) as s:
        s.cloud.then("message/send", {"errcode": 81013, "errmsg": ""})
        assert {name for name, ok in (await findings(s)).items() if not ok} == wrong


async def test_the_doctor_says_when_nothing_can_be_reached():
    async with started(api_base="http://127.0.0.1:1") as s:
        first = (await s.wecom.check())[0]
        assert not first.ok
        assert "ZHONGSHU_WECOM_API_BASE" in first.fix


def test_secrets_do_not_appear_in_a_repr():
    config = WeComConfig("ww", 1, "geheim-1", "geheim-2", "geheim-3")
    assert "geheim" not in repr(config)


def test_settings_without_a_corp_id_turn_wecom_off():
    assert WeComConfig.from_settings(Settings()) is None
    config = WeComConfig.from_settings(
        Settings(wecom_corp_id="ww", wecom_agent_id=7, wecom_secret="s", public_url="https://zs.example.com/")
    )
    assert config is not None
    assert (config.agent_id, config.secret, config.home_url) == (7, "s", "https://zs.example.com")
