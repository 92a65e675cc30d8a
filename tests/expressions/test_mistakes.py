"""What is said about mistakes, and where it points."""

import pytest
from expression_samples import ORDER

from core.expressions import ExpressionError, Kind, compile


def mistake(text: str, expect: Kind | None = None) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile(text, ORDER, expect)
    return caught.value


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ('金额 > "很多"', "「金额」是数字，不能与文字比较大小", "金额"),
        ('金额 == "5"', "「金额」是数字，不能与文字比较", "金额"),
        ("1 > 0 且 金客 > 1", "没有「金客」这个字段，是不是「金额」？", "金客"),
        ('客户.等极 == "A"', "没有「等极」这个字段，是不是「等级」？", "等极"),
        ("明细.名字 == 1", "「明细」里没有「名字」这个字段", "名字"),
        ("金额.数量", "「金额」是数字，后面不能用「.」取字段", "金额"),
        ("1 + SUMM(2)", "没有「SUMM」这个函数，是不是 SUM？", "SUMM"),
        ("LEFT(金额, 1)", "「LEFT」的第 1 个参数（文字）要文字，「金额」是数字", "金额"),
        ("ROUND()", "「ROUND」少了参数，写法是 ROUND(数字, [小数位])", "ROUND()"),
        ("MOD(1, 2, 3)", "「MOD」多了参数，写法是 MOD(数字, 除数)", "MOD(1, 2, 3)"),
        ("(金额 + 1", "「(」没有闭合，缺少「)」", "("),
        ("金额 + 1)", "多了一个「)」", ")"),
        ("金额 属于 [1, 2", "「[」没有闭合，缺少「]」", "["),
        ('备注 == "abc', "引号没有闭合", '"abc'),
        ("1 < 金额 < 9", "比较不能连写", "<"),
        ("金额 1", "这里的写法不对", "1"),
        ("公海 且 金额", "这里需要一个判断（是或否），「金额」是数字", "金额"),
        ("非 备注", "这里需要一个判断（是或否），「备注」是文字", "备注"),
        ("上次跟进日 + 7", "「上次跟进日」是日期，不能直接加减数字，请写出单位，例如 7天", "7"),
        ("今天 - 上次跟进日 > 30", "请写出单位，例如 30天", "今天 - 上次跟进日"),
        ("备注 + 金额", "请用 CONCAT", "备注 + 金额"),
        ("备注 * 2", "「备注」是文字，不能参加数字计算", "备注"),
        ("30个月 > 耗时", "请用 EDATE", "个月"),
        ("明细.单价 + 付款.实付 > 1", "不能把两个不同子表的列放在一起计算", "明细.单价 + 付款.实付"),
        ("明细 > 3", "子表请先用 SUM、COUNT 等汇总", "明细"),
        ("SUM(明细)", "「SUM」要子表的一列，例如 SUM(子表.列)", "明细"),
        ('标签 == "急"', "列表请用「包含」或「属于」", "标签"),
        ("金额 属于 5", "「属于」后面要写列表", "5"),
        ('IF(公海, 1, "a")', "「IF」的各个结果要是同一种", '"a"'),
        ('备注 匹配 "("', "匹配的规则写得不对", '"("'),
        ("备注 匹配 状态", "匹配的规则要直接写成文字", "状态"),
        ("金额 & 1", "连接文字请用 CONCAT", "&"),
        ("$金额", "函数名前不用写 $", "$"),
        ("金额 ** 2", "这里没有乘方", "**"),
        ("标签[0]", "不支持用下标取值", "["),
    ],
)
def test_a_mistake_is_said_in_chinese_and_pointed_at(text: str, said: str, place: str) -> None:
    error = mistake(text)

    assert said in error.message
    assert text[error.position : error.position + error.length] == place


def test_an_unfinished_text_points_at_its_end() -> None:
    error = mistake("金额 > ")

    assert (error.message, error.position) == ("表达式没有写完", 5)


def test_the_result_must_be_of_the_kind_expected() -> None:
    assert mistake("金额 + 1", Kind.BOOL).message == "这里需要一个判断（是或否），这里算出的是数字"
    assert mistake("备注", Kind.NUMBER).message == "结果要是数字，「备注」是文字"
    assert compile("今天", ORDER, Kind.DATETIME).kind is Kind.DATETIME
    assert compile("空", ORDER, Kind.NUMBER).kind is Kind.NUMBER
