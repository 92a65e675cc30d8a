"""Keys in storage, labels on screen; and the answer to 为什么."""

from dataclasses import replace
from decimal import Decimal

import pytest
from expression_samples import ORDER, ROW, SCOPE

from core.expressions import Kind, Schema, Symbol, compile


@pytest.mark.parametrize(
    ("label_text", "key_text", "names"),
    [
        (
            '金额 > 5000  且 客户.等级 属于 ["金额"]',
            'total > 5000  且 customer.level 属于 ["金额"]',
            {"total", "customer.level"},
        ),
        ('金额>5000且客户.等级是"A"', 'total>5000且customer.level是"A"', {"total", "customer.level"}),
        ("SUM(明细.数量*明细.单价)", "SUM(items.qty*items.price)", {"items.qty", "items.price"}),
        ("【天数 (天)】 + 1", "days + 1", {"days"}),
        ("COUNT(明细) > （件数）", "COUNT(items) > （pieces）", {"items", "pieces"}),
        ("大写(金额)", "大写(total)", {"total"}),
        ("今天 - 上次跟进日 > 30天", "今天 - last > 30天", {"last"}),
    ],
)
def test_texts_go_to_keys_and_back(label_text: str, key_text: str, names: set[str]) -> None:
    expression = compile(label_text, ORDER)

    assert expression.text == key_text
    assert expression.labelled(ORDER) == label_text
    assert compile(key_text, ORDER).labelled(ORDER) == label_text
    assert expression.names == names


def test_a_renamed_field_shows_its_new_label() -> None:
    """Labels may be odd: with a bracket, or a word of the language."""
    for label, shown in (
        ("总价", "总价 > 1"),
        ("或", "【或】 > 1"),
        ("价 (元)", "【价 (元)】 > 1"),
        ("今天", "【今天】 > 1"),
    ):
        schema = Schema(
            "订单", tuple(replace(s, label=label) if s.key == "total" else s for s in ORDER.symbols)
        )
        text = compile("金额 > 1", ORDER).labelled(schema)

        assert text == shown
        assert compile(text, schema).text == "total > 1"


def test_a_name_stuck_to_words_is_quoted_when_it_must_be() -> None:
    """金额and公海 cannot become totalandpublic."""
    expression = compile("金额>1and公海", ORDER)

    assert (
        compile(expression.text, ORDER).labelled(ORDER) == "【金额】>1and【公海】"
        or "total" in expression.text
    )
    assert compile(expression.text, ORDER).evaluate({"total": 2, "public": True}, SCOPE) is True


def test_a_removed_field_stays_a_key_and_two_equal_labels_stay_apart() -> None:
    expression = compile("金额 > 件数", ORDER)
    without = Schema("订单", tuple(s for s in ORDER.symbols if s.key != "pieces"))
    twins = Schema("订单", (*without.symbols, Symbol("pieces", "金额", Kind.NUMBER)))

    assert expression.labelled(without) == "金额 > pieces"
    assert expression.labelled(twins) == "金额 > pieces"


def test_compiling_twice_gives_the_same_object() -> None:
    twin = Schema(ORDER.name, tuple(replace(symbol) for symbol in ORDER.symbols))

    assert compile("金额 > 2", ORDER) is compile("金额 > 2", twin)


def test_why_shows_each_clause_with_both_sides() -> None:
    expression = compile(
        '(total > 5000 或 公海) 且 客户.等级 属于 ["B"] 且 非 备注 包含 "急"', ORDER, Kind.BOOL
    )
    either, listed, urgent = expression.explain(ROW, SCOPE)

    assert (either.text, either.truth) == ("金额 > 5000 或 公海", True)
    assert [(part.text, part.truth) for part in either.parts] == [("金额 > 5000", True), ("公海", False)]
    assert either.parts[0].value == (Decimal("6000.50"), Decimal(5000))
    assert (listed.text, listed.truth, listed.value) == ('客户.等级 属于 ["B"]', False, ("A", ["B"]))
    assert (urgent.truth, urgent.parts[0].text, urgent.parts[0].truth) == (False, '备注 包含 "急"', True)


def test_why_survives_a_clause_that_fails() -> None:
    clauses = compile("金额 > 1 且 YEAR(DATE(1)) > 1", ORDER).explain(ROW, SCOPE)

    assert [clause.truth for clause in clauses] == [True, None]
    assert "年、月、日" in str(clauses[1].value)
