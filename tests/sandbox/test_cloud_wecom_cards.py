"""template_card in message/send: one defect, one errcode."""

from typing import Any

import pytest

from sandbox.cloud import Refusal
from sandbox.wecom_cards import check

URL = {"type": 1, "url": "https://h5.example.com/f/17"}
OPTIONS = [{"id": "a", "text": "事假"}, {"id": "b", "text": "病假"}]
SUBMIT = {"text": "提交", "key": "submit"}
TITLE = {"title": "请假审批"}
TEXT = {"card_type": "text_notice", "main_title": TITLE, "card_action": URL}
NEWS = {
    "card_type": "news_notice",
    "main_title": TITLE,
    "card_action": URL,
    "card_image": {"url": "https://a/c.png"},
}
BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "form-17_1@a",
    "main_title": TITLE,
    "button_list": [
        {"text": "同意", "style": 1, "key": "approve"},
        {"text": "驳回", "style": 4, "key": "reject"},
    ],
}
VOTE = {
    "card_type": "vote_interaction",
    "task_id": "v-9",
    "main_title": TITLE,
    "checkbox": {"question_key": "q", "mode": 1, "option_list": OPTIONS},
    "submit_button": SUBMIT,
}
SELECTS = {
    "card_type": "multiple_interaction",
    "task_id": "m-4",
    "main_title": TITLE,
    "select_list": [{"question_key": "kind", "title": "类型", "selected_id": "b", "option_list": OPTIONS}],
    "submit_button": SUBMIT,
}
MENU = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}


@pytest.mark.parametrize(
    "card", [TEXT, NEWS, BUTTONS, VOTE, SELECTS, TEXT | {"action_menu": MENU, "task_id": "t"}]
)
def test_the_minimal_bodies_are_valid(card: dict[str, Any]) -> None:
    check(card, callback=True)


def row(**fields: Any) -> dict[str, Any]:
    return TEXT | {"horizontal_content_list": [fields]}


def jump(**fields: Any) -> dict[str, Any]:
    return TEXT | {"jump_list": [fields]}


def buttons(*entries: dict[str, Any]) -> dict[str, Any]:
    return BUTTONS | {"button_list": list(entries)}


def question(**fields: Any) -> dict[str, Any]:
    return SELECTS | {"select_list": [{"question_key": "q", "option_list": OPTIONS} | fields]}


@pytest.mark.parametrize(
    ("card", "errcode"),
    [
        ("text", 41016),
        ({"main_title": TITLE}, 42031),
        (TEXT | {"card_type": "other"}, 42031),
        (TEXT | {"main_title": {}}, 41016),
        (TEXT | {"main_title": "标题"}, 40058),
        (TEXT | {"main_title": {"title": 5}}, 40058),
        ({"card_type": "text_notice", "main_title": TITLE}, 42045),
        (TEXT | {"card_action": {"type": 0}}, 42045),
        (TEXT | {"card_action": {"type": 1}}, 42028),
        (TEXT | {"card_action": {"type": 1, "url": "h5.example.com"}}, 45034),
        (TEXT | {"card_action": {"type": 2}}, 42030),
        (row(value="3"), 42027),
        (row(keyname="附件", type=2), 42029),
        (row(keyname="人", type=3), 42050),
        (row(keyname="链接", type=1), 42028),
        (row(keyname="?", type=4), 40058),
        (TEXT | {"horizontal_content_list": [{"keyname": "k"}] * 7}, 42035),
        (NEWS | {"vertical_content_list": [{"title": "t"}] * 5}, 42036),
        (NEWS | {"vertical_content_list": [{"desc": "d"}]}, 42033),
        (TEXT | {"jump_list": [{"title": "t"}] * 4}, 42042),
        (jump(type=1, url="https://a"), 42033),
        (jump(title="t", type=1), 42028),
        (jump(title="t", type=2), 42030),
        ({k: v for k, v in NEWS.items() if k != "card_image"}, 42044),
        (NEWS | {"card_image": {"url": "https://a", "aspect_ratio": 3}}, 40058),
        (buttons(), 40058),
        (buttons(*[{"text": str(i), "key": str(i)} for i in range(7)]), 40058),
        (buttons({"key": "k"}), 42038),
        (buttons({"text": "t"}), 42039),
        (buttons({"text": "t", "key": "k" * 1025}), 42039),
        (buttons({"text": "t", "key": "k"}, {"text": "u", "key": "k"}), 42039),
        (buttons({"text": "t", "type": 1}), 42028),
        (buttons({"text": "t", "key": "k", "style": 5}), 40058),
        (BUTTONS | {"task_id": ""}, 42014),
        (BUTTONS | {"task_id": "有汉字"}, 42014),
        (BUTTONS | {"task_id": "x" * 129}, 42014),
        (TEXT | {"action_menu": MENU}, 42014),
        (TEXT | {"task_id": "t", "action_menu": MENU | {"action_list": []}}, 40058),
        (
            TEXT | {"task_id": "t", "action_menu": {"desc": "更多", "action_list": MENU["action_list"] * 2}},
            42051,
        ),
        (VOTE | {"checkbox": {"question_key": "q", "option_list": []}}, 42037),
        (VOTE | {"checkbox": {"option_list": OPTIONS}}, 42043),
        (
            VOTE
            | {
                "checkbox": {
                    "question_key": "q",
                    "option_list": [{"id": str(i), "text": "t"} for i in range(21)],
                }
            },
            42037,
        ),
        (VOTE | {"submit_button": {"text": "提交"}}, 42046),
        (VOTE | {"submit_button": {"key": "s"}}, 42049),
        (SELECTS | {"select_list": []}, 42047),
        (
            SELECTS | {"select_list": [{"question_key": str(i), "option_list": OPTIONS} for i in range(4)]},
            42047,
        ),
        (SELECTS | {"select_list": [{"question_key": "q", "option_list": OPTIONS}] * 2}, 42043),
        (question(option_list=[{"text": "t"}]), 42040),
        (question(option_list=[{"id": "a", "text": "t"}, {"id": "a", "text": "u"}]), 42040),
        (question(option_list=[{"id": "x" * 129, "text": "t"}]), 42040),
        (question(option_list=[{"id": "a"}]), 42041),
        (question(option_list=[{"id": str(i), "text": "t"} for i in range(11)]), 42037),
    ],
)
def test_each_defect_has_its_errcode(card: Any, errcode: int) -> None:
    with pytest.raises(Refusal) as refused:
        check(card, callback=True)
    assert refused.value.body["errcode"] == errcode


def test_interactive_cards_need_a_callback_url() -> None:
    for card in (BUTTONS, VOTE, SELECTS, TEXT | {"task_id": "t", "action_menu": MENU}):
        with pytest.raises(Refusal) as refused:
            check(card, callback=False)
        assert refused.value.body["errcode"] == 43012
    check(TEXT, callback=False)


def test_an_update_needs_no_task_id() -> None:
    check({k: v for k, v in BUTTONS.items() if k != "task_id"}, callback=True, update=True)
