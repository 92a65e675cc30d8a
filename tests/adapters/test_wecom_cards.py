"""Cards out and events in, without a network: what is drawn, cut or refused, and what a press says."""

from __future__ import annotations

import copy
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bot.adapters.wecom_cards import render, render_update
from bot.adapters.wecom_crypto import CallbackError
from bot.adapters.wecom_limits import check, clip, pieces
from bot.adapters.wecom_xml import Unread, button_key, card_reply, key_parts, parse, text_reply
from bot.cards import Button, Card, Click, Field, Input, InputKind, Option, Said, Style, Tone

HOME = "https://zs.example.com"
KINDS = tuple(Option(value, text) for value, text in (("a", "事假"), ("b", "病假")))


def approval(**changes: object) -> Card:
    card = Card(
        title="费用报销 BX-1",
        body="拜访鸿达机电",
        fields=(Field("申请人", "李明"), Field("金额", "86.50 元")),
        buttons=(
            Button("task.approve", "同意", Style.PRIMARY),
            Button("task.reject", "拒绝", Style.DANGER, {"node": "直属上级"}),
        ),
        note="请在今天处理",
        token="v1.abc.def",
    )
    return replace(card, **changes)


def select(key: str = "kind", **changes: object) -> Input:
    return replace(Input(key, "类型", InputKind.SELECT, required=True, options=KINDS), **changes)


SUBMIT = Button("form.submit", "提交", Style.PRIMARY)


def test_an_approval_is_a_card_with_buttons():
    """Title, state, rows, text and two buttons, each with name, token and values in its key."""
    assert render(approval(), "card-1", HOME) == {
        "card_type": "button_interaction",
        "source": {"desc": "中枢 · 待处理", "desc_color": 1},
        "main_title": {"title": "费用报销 BX-1", "desc": "请在今天处理"},
        "sub_title_text": "拜访鸿达机电",
        "horizontal_content_list": [
            {"keyname": "申请人", "value": "李明"},
            {"keyname": "金额", "value": "86.50 元"},
        ],
        "button_list": [
            {"text": "同意", "style": 1, "key": "task.approve|v1.abc.def"},
            {
                "text": "拒绝",
                "style": 4,
                "key": "task.reject|v1.abc.def|node=%E7%9B%B4%E5%B1%9E%E4%B8%8A%E7%BA%A7",
            },
        ],
        "task_id": "card-1",
    }


def test_a_link_opens_from_the_card_and_from_a_button():
    """Relative links are completed; the link button is of type 1 and comes last."""
    card = render(approval(link="/h5/t/17", link_text="看看"), "k", HOME)
    assert card["card_action"] == {"type": 1, "url": "https://zs.example.com/h5/t/17"}
    assert card["button_list"][-1] == {
        "type": 1,
        "text": "看看",
        "style": 2,
        "url": "https://zs.example.com/h5/t/17",
    }


def test_seven_buttons_overflow_into_the_menu():
    """Five and the link stay in the row; the others move to the ⋯ menu and send the same keys."""
    buttons = tuple(Button(f"b{n}", f"按钮{n}") for n in range(8))
    card = render(approval(buttons=buttons, link="/x"), "k", HOME)
    assert [b["text"] for b in card["button_list"]] == [*(f"按钮{n}" for n in range(5)), "查看详情"]
    assert [a["key"] for a in card["action_menu"]["action_list"]] == [f"b{n}|v1.abc.def" for n in (5, 6, 7)]


def test_without_buttons_it_is_a_notice():
    """A notice must lead somewhere: to its link, or to the product itself."""
    linked = render(approval(buttons=(), tone=Tone.DONE, link="/h5/1"), "k", HOME)
    assert (linked["card_type"], linked["source"]["desc_color"]) == ("text_notice", 3)
    assert linked["jump_list"] == [{"type": 1, "title": "查看详情", "url": HOME + "/h5/1"}]
    assert render(approval(buttons=()), "k", HOME)["card_action"]["url"] == HOME
    with pytest.raises(ValueError, match="card_action"):
        render(approval(buttons=()), "k")


def test_a_decided_card_keeps_its_kind_and_greys_its_row():
    """As an update: one dead button, valid by itself, no task_id."""
    card = render_update(approval(buttons=(), tone=Tone.REFUSED, link="/h5/1"), HOME)
    assert card["card_type"] == "button_interaction"
    assert card["replace_text"] == "已拒绝"
    assert card["button_list"] == [{"text": "已拒绝", "style": 2, "key": "closed"}]
    assert "task_id" not in card
    assert card["card_action"]["url"] == HOME + "/h5/1"


def test_one_choice_is_a_drop_down_beside_the_buttons():
    """What is not chosen yet says so, because the client would silently send the first option."""
    card = render(approval(inputs=(select(),), submit=SUBMIT), "k", HOME)
    assert card["card_type"] == "button_interaction"
    assert card["button_selection"] == {
        "question_key": "kind",
        "title": "类型",
        "option_list": [
            {"id": "_none", "text": "请选择"},
            {"id": "a", "text": "事假"},
            {"id": "b", "text": "病假"},
        ],
        "selected_id": "_none",
    }
    assert [b["text"] for b in card["button_list"]] == ["提交", "同意", "拒绝"]
    chosen = render(approval(inputs=(select(value="b"),), submit=SUBMIT), "k", HOME)["button_selection"]
    assert (chosen["selected_id"], len(chosen["option_list"])) == ("b", 2)


def test_two_choices_are_a_card_of_drop_downs():
    """Only when every input is a choice and there is a submit."""
    inputs = (select("kind", value="a"), select("level", required=False))
    card = render(approval(inputs=inputs, submit=SUBMIT, buttons=()), "k", HOME)
    assert card["card_type"] == "multiple_interaction"
    assert [s["question_key"] for s in card["select_list"]] == ["kind", "level"]
    assert card["select_list"][1]["option_list"][0] == {"id": "_none", "text": "不选"}
    assert card["submit_button"] == {"text": "提交", "key": "form.submit|v1.abc.def"}
    assert "horizontal_content_list" not in card


def test_what_a_card_cannot_hold_leads_to_the_page():
    """A text field becomes 填写; an empty required one takes the submit away, a filled one is shown."""
    reason = Input("reason", "事由", InputKind.TEXT, required=True)
    empty = render(approval(inputs=(reason,), submit=SUBMIT, buttons=(), link="/h5/f"), "k", HOME)
    assert empty["button_list"] == [{"type": 1, "text": "填写", "style": 1, "url": HOME + "/h5/f"}]
    filled = replace(reason, value="打车")
    card = render(approval(inputs=(filled,), submit=SUBMIT, buttons=(), link="/h5/f"), "k", HOME)
    assert [b["text"] for b in card["button_list"]] == ["提交", "填写"]
    assert card["horizontal_content_list"][-1] == {"keyname": "事由", "value": "打车"}


NOT_A_DROP_DOWN = {
    "eleven options": select(options=tuple(Option(str(n), f"项{n}") for n in range(11))),
    "no options": select(options=()),
    "empty id": select(options=(Option("", "空"),)),
    "long id": select(options=(Option("中" * 43, "长"),)),
    "equal ids": select(options=(Option("a", "一"), Option("a", "二"))),
    "empty text": select(options=(Option("a", " "),)),
    "several": replace(select(), kind=InputKind.MULTI_SELECT),
    "switch": Input("s", "加急", InputKind.SWITCH, value=True),
    "date": Input("d", "日期", InputKind.DATE, required=True),
}


@pytest.mark.parametrize("one", NOT_A_DROP_DOWN.values(), ids=NOT_A_DROP_DOWN)
def test_inputs_that_do_not_fit_are_left_to_the_page(one):
    card = render(approval(inputs=(one,), link="/h5/f", submit=SUBMIT), "k", HOME)
    assert "button_selection" not in card
    assert card["button_list"][-1]["text"] == "填写"


def test_readonly_inputs_are_rows():
    one = select(readonly=True, value="b")
    card = render(approval(inputs=(one,)), "k", HOME)
    assert card["horizontal_content_list"][-1] == {"keyname": "类型", "value": "病假"}
    assert "button_selection" not in card


def test_long_texts_are_cut_and_many_rows_fold():
    """Recommended lengths end in …; the seventh row and further ones go into the text."""
    rows = tuple(Field(f"超长的标签名{n}", "值" * 40) for n in range(8))
    card = render(approval(title="题" * 80, body="", fields=rows, note="注" * 60), "k", HOME)
    assert card["main_title"] == {"title": "题" * 35 + "…"}
    assert card["horizontal_content_list"] == [{"keyname": "超长的标…", "value": "值" * 29 + "…"}] * 6
    text = card["sub_title_text"]
    assert text == "\n".join(["注" * 60, *(f"超长的标签名{n}：{'值' * 40}" for n in (6, 7))])
    cut = render(approval(body="文" * 300), "k", HOME)["sub_title_text"]
    assert cut == "文" * 159 + "…"


def test_errors_of_the_last_submit_are_shown():
    card = render(approval(inputs=(select(error="请选择类型"),), submit=SUBMIT), "k", HOME)
    assert card["sub_title_text"].startswith("类型：请选择类型")


def test_characters_that_xml_cannot_carry_are_left_out():
    card = render(approval(title="a\x00b\x1b\ud800\ufffec"), "k", HOME)
    assert card["main_title"]["title"] == "abc"


def base(kind: str) -> dict:
    return copy.deepcopy(
        {
            "text_notice": render(approval(buttons=(), link="/1"), "k", HOME),
            "button_interaction": render(approval(inputs=(select(),), link="/1"), "k", HOME),
            "multiple_interaction": render(
                approval(inputs=(select("a"), select("b")), submit=SUBMIT), "k", HOME
            ),
        }[kind]
    )


def put(card: dict, path: str, value: object) -> None:
    """Sets `a.0.b`; the last part is made when it is missing."""
    *parents, last = path.split(".")
    holder = card
    for part in parents:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    if value is DROP:
        del holder[last]
    elif isinstance(holder, list):
        holder[int(last)] = value
    else:
        holder[last] = value


DROP = object()
BUTTON = {"text": "x", "key": "k"}
ENTRY = {"text": "x", "key": "k"}
OPTION = {"id": "a", "text": "x"}


def several(shape: dict, count: int, key: str) -> list[dict]:
    return [{**shape, key: f"{key}{n}"} for n in range(count)]


BROKEN = [
    ("text_notice", "card_type", "poll"),
    ("text_notice", "card_type", DROP),
    ("text_notice", "card_action", DROP),
    ("text_notice", "card_action.url", "ftp://x"),
    ("text_notice", "card_action.url", "https://x/" + "a" * 2040),
    ("text_notice", "card_action.type", 0),
    ("text_notice", "task_id", "中文"),
    ("text_notice", "jump_list", [{"type": 1, "title": "t", "url": "https://x"}] * 4),
    ("text_notice", "jump_list.0.title", ""),
    ("text_notice", "jump_list.0.url", ""),
    ("button_interaction", "task_id", DROP),
    ("button_interaction", "task_id", ""),
    ("button_interaction", "task_id", "a" * 129),
    ("button_interaction", "task_id", "a b"),
    ("button_interaction", "task_id", "a\n"),
    ("button_interaction", "main_title.title", ""),
    ("button_interaction", "source.desc_color", 4),
    ("button_interaction", "horizontal_content_list", [{"keyname": "k", "value": "v"}] * 7),
    ("button_interaction", "horizontal_content_list.0.keyname", ""),
    ("button_interaction", "button_list", []),
    ("button_interaction", "button_list", several(BUTTON, 7, "key")),
    ("button_interaction", "button_list", [BUTTON, BUTTON]),
    ("button_interaction", "button_list.0.text", ""),
    ("button_interaction", "button_list.0.key", DROP),
    ("button_interaction", "button_list.0.key", "中" * 342),
    ("button_interaction", "button_list.0.style", 5),
    ("button_interaction", "button_list.0.type", 2),
    ("button_interaction", "button_list.2.url", "h5/1"),
    ("button_interaction", "button_selection.question_key", ""),
    ("button_interaction", "button_selection.question_key", "k" * 1025),
    ("button_interaction", "button_selection.option_list", []),
    ("button_interaction", "button_selection.option_list", several(OPTION, 11, "id")),
    ("button_interaction", "button_selection.option_list", [OPTION, OPTION]),
    ("button_interaction", "button_selection.option_list.0.id", "i" * 129),
    ("button_interaction", "button_selection.option_list.0.text", ""),
    ("button_interaction", "button_selection.selected_id", "zz"),
    ("button_interaction", "action_menu", {"desc": "", "action_list": [ENTRY]}),
    ("button_interaction", "action_menu", {"desc": "d", "action_list": []}),
    ("button_interaction", "action_menu", {"desc": "d", "action_list": several(ENTRY, 4, "key")}),
    ("button_interaction", "action_menu", {"desc": "d", "action_list": [ENTRY, ENTRY]}),
    ("button_interaction", "action_menu", {"desc": "d", "action_list": [{"text": "", "key": "k"}]}),
    ("multiple_interaction", "select_list", []),
    ("multiple_interaction", "select_list.1.question_key", "a"),
    ("multiple_interaction", "select_list.0.option_list", several(OPTION, 11, "id")),
    ("multiple_interaction", "submit_button", DROP),
    ("multiple_interaction", "submit_button.text", ""),
    ("multiple_interaction", "submit_button.key", "k" * 1025),
]


@pytest.mark.parametrize(
    ("kind", "path", "value"), BROKEN, ids=[f"{k} {p} {n}" for n, (k, p, _) in enumerate(BROKEN)]
)
def test_each_hard_limit_is_checked(kind, path, value):
    """The card is right, and wrong after one change."""
    card = base(kind)
    check(card)
    put(card, path, value)
    with pytest.raises(ValueError, match="WeCom card"):
        check(card)


def test_four_drop_downs_are_too_many():
    card = base("multiple_interaction")
    card["select_list"] = [{**card["select_list"][0], "question_key": f"q{n}"} for n in range(4)]
    with pytest.raises(ValueError, match="select_list"):
        check(card)


def test_a_button_key_that_is_too_long_is_refused_before_sending():
    with pytest.raises(ValueError, match=r"button_list\.key"):
        render(approval(buttons=(Button("b", "x", values={"v": "值" * 200}),)), "k", HOME)


@pytest.mark.parametrize(
    ("button", "token"),
    [
        (Button("approve", "x"), ""),
        (Button("task.approve", "x"), "v1.a-_b=.c"),
        (Button("a|b %", "x", values={"k|": "v=&|% 中", "empty": ""}), "t|u"),
        (Button("a", "x", values={"k": "v"}), ""),
    ],
)
def test_button_keys_come_back_whole(button, token):
    assert key_parts(button_key(button, token)) == (button.name, token, dict(button.values))


@pytest.mark.parametrize("key", ["", "|", "|||", "%zz|%|=", "a|b|c|d", "名|\x00|&&"])
def test_foreign_keys_do_no_harm(key):
    name, token, values = key_parts(key)
    assert isinstance(name, str)
    assert isinstance(token, str)
    assert isinstance(values, dict)


def event(inner: str, actor: str = "zhangsan") -> str:
    return (
        f"<xml><ToUserName><![CDATA[wwCORP]]></ToUserName><FromUserName><![CDATA[{actor}]]></FromUserName>"
        f"<CreateTime>1700000000</CreateTime>{inner}<AgentID>1000002</AgentID></xml>"
    )


def press(selected: str = "", name: str = "template_card_event") -> str:
    return event(
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>"
        "<EventKey><![CDATA[task.approve|v1.a.b|node=x&n=1]]></EventKey><TaskId><![CDATA[form-17_1@a]]></TaskId>"
        "<CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[RC1]]></ResponseCode>"
        + selected
    )


def item(key: str, *ids: str) -> str:
    options = "".join(f"<OptionId><![CDATA[{one}]]></OptionId>" for one in ids)
    question = f"<QuestionKey><![CDATA[{key}]]></QuestionKey>"
    return f"<SelectedItem>{question}<OptionIds>{options}</OptionIds></SelectedItem>"


@pytest.mark.parametrize("name", ["template_card_event", "template_card_menu_event"])
def test_a_press_is_a_click(name):
    click = parse(press(name=name))
    assert isinstance(click, Click)
    assert (click.platform, click.actor, click.card, click.code) == (
        "wecom",
        "zhangsan",
        "form-17_1@a",
        "RC1",
    )
    assert (click.button, click.token, dict(click.values)) == (
        "task.approve",
        "v1.a.b",
        {"node": "x", "n": "1"},
    )
    assert click.inputs == {}


@pytest.mark.parametrize(
    ("selected", "inputs"),
    [
        ("", {}),
        ("<SelectedItems/>", {}),
        ("<SelectedItems></SelectedItems>", {}),
        (f"<SelectedItems>{item('who', 'o7')}</SelectedItems>", {"who": "o7"}),
        (f"<SelectedItems>{item('q', 'a', 'c')}</SelectedItems>", {"q": ("a", "c")}),
        (f"<SelectedItems>{item('a', '1')}{item('b', '2')}</SelectedItems>", {"a": "1", "b": "2"}),
        (f"<SelectedItems>{item('a', '_none')}</SelectedItems>", {"a": ""}),
        (f"<SelectedItems>{item('a')}</SelectedItems>", {"a": ()}),
    ],
)
def test_selections_single_several_and_none(selected, inputs):
    click = parse(press(selected))
    assert isinstance(click, Click)
    assert click.inputs == inputs


def test_a_redelivery_has_the_same_key_and_another_press_has_not():
    """The whole decrypted XML is the key; each real press has its own ResponseCode."""
    again, other = press(), press().replace("RC1", "RC2")
    assert parse(press()).delivery == parse(again).delivery != parse(other).delivery


def test_a_message_is_said():
    said = parse(
        event(
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[ 请假 \n]]></Content>"
            "<MsgId>7000000000000001</MsgId>"
        )
    )
    assert said == Said("wecom", "zhangsan", "请假", "7000000000000001")


def test_other_messages_and_events():
    """Pictures get a polite word; events that nobody answers get nothing."""
    picture = event("<MsgType><![CDATA[image]]></MsgType><MediaId>m</MediaId><MsgId>1</MsgId>")
    assert parse(picture) == Unread("zhangsan")
    for name in ("enter_agent", "subscribe", "change_contact", "LOCATION", ""):
        assert parse(event(f"<MsgType>event</MsgType><Event>{name}</Event>")) is None


@pytest.mark.parametrize("xml", [event("<MsgType>text</MsgType>", actor=""), event(""), "<xml/>"])
def test_without_a_person_or_kind_it_is_refused(xml):
    with pytest.raises(CallbackError, match="fields_missing"):
        parse(xml)


def test_a_card_reply_is_the_platforms_xml():
    """Element names of path 90241; a list repeats its element; texts cannot break out."""
    card = render_update(approval(fields=(Field("a", "]]></Value><x/>"), Field("b", "<&>"))), HOME)
    root = ET.fromstring(card_reply("zhangsan", "wwCORP", card, 1700000000))
    assert root.findtext("MsgType") == "update_template_card"
    assert root.findtext("TemplateCard/CardType") == "button_interaction"
    assert [e.text for e in root.iterfind("TemplateCard/HorizontalContentList/KeyName")] == ["a", "b"]
    assert root.findtext("TemplateCard/HorizontalContentList/Value") == "]]></Value><x/>"
    assert [e.findtext("Text") for e in root.iterfind("TemplateCard/ButtonList")] == ["同意", "拒绝"]
    assert root.findtext("TemplateCard/MainTitle/Title") == "费用报销 BX-1"
    assert root.findtext("TemplateCard/SubTitleText") == "拜访鸿达机电"


def test_selectors_in_a_reply():
    one = ET.fromstring(card_reply("z", "c", render_update(approval(inputs=(select(),)), HOME), 1))
    assert one.findtext("TemplateCard/ButtonSelection/QuestionKey") == "kind"
    assert len(one.findall("TemplateCard/ButtonSelection/OptionList")) == 3
    inputs = (select("a"), select("b"))
    two = ET.fromstring(card_reply("z", "c", render_update(approval(inputs=inputs, submit=SUBMIT), HOME), 1))
    assert [e.text for e in two.iterfind("TemplateCard/SelectList/QuestionKey")] == ["a", "b"]
    assert two.findtext("TemplateCard/SubmitButton/Key") == "form.submit|v1.abc.def"


def test_a_text_reply_survives_any_text():
    root = ET.fromstring(text_reply("z", "c", "]]><x>\x00&", 1))
    assert root.findtext("Content") == "]]><x>&"


def test_clip_counts_characters():
    assert (clip("一二三", 3), clip("一二三四", 3), clip("  ", 3)) == ("一二三", "一二…", "")


@pytest.mark.parametrize(
    "text",
    [
        "短",
        "行\n" * 2000,
        "字" * 5000,
        "a" * 2048 + "中",
        "\n\n\n",
        "😀" * 1000,
        "中" * 682 + "aa\n" + "b" * 9,
    ],
)
def test_long_messages_are_cut_at_line_ends(text):
    """Every part fits 2048 bytes and nothing is lost but line ends."""
    parts = pieces(text)
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


def test_a_long_message_breaks_between_lines():
    assert pieces("一行字\n" * 300)[0] == "\n".join(["一行字"] * 204)
