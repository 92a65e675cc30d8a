"""Random conditions over the sample form, written as people write them."""

from random import Random

NUMBERS = ("金额", "件数", "税率", "客户.信用额度")
TEXTS = ("备注", "状态", "客户.等级")
DATES = ("上次跟进日", "交期", "客户.建档日")
MOMENTS = ("创建时间", "完成时间")
WORDS = ('"A"', '"B"', '"a"', '"进行中"', '"%"', '""', '"急"', '"é"')
ORDER = (">", ">=", "<", "<=", "==", "!=")


class Writer:
    """Writes one random expression after another; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def condition(self, depth: int = 3) -> str:
        r = self.random
        if depth and r.random() < 0.55:
            shape = r.choice(("{} 且 {}", "{} 或 {}", "({} 或 {})", "非 ({} 且 {})", "not ({} or {})"))
            return shape.format(self.condition(depth - 1), self.condition(depth - 1))
        return r.choice(self.LEAVES)(self)

    def number(self, depth: int = 2) -> str:
        r = self.random
        if depth and r.random() < 0.4:
            shape = r.choice(
                ("{} + {}", "{} - {}", "({} - {})", "{} * {}", "IF({c}, {}, {})", "COALESCE({}, {})")
            )
            return shape.format(self.number(depth - 1), self.number(depth - 1), c=self.leaf())
        return r.choice((*NUMBERS, *NUMBERS, *NUMBERS, self.constant(), self.sums(), *self.few_numbers()))

    def few_numbers(self) -> tuple[str, ...]:
        r = self.random
        return (
            f"LEN({r.choice(TEXTS)})",
            f"ROUND(金额 * 税率, {r.choice((0, 1, 2, 3))})",
            f"ROUND({r.choice(NUMBERS)})",
            f"YEAR({r.choice(DATES)})",
            f"MONTH({r.choice(DATES)})",
            f"ABS({r.choice(NUMBERS)})",
            "-金额",
            "金额 / 件数",
            "件数 % 3",
            "SUM(金额, 件数)",
        )

    def sums(self) -> str:
        return self.random.choice(
            (
                "SUM(明细.数量 * 明细.单价)",
                "SUM(明细.数量)",
                "COUNT(明细)",
                "COUNT(明细.单价)",
                "MAX(明细.单价)",
                "MIN(明细.数量)",
                'SUMIF(明细.类别, "A", 明细.单价)',
                'COUNTIF(明细.数量, ">1")',
                "COUNTIF(明细.数量 * 明细.单价 > 金额)",
                "SUM(IF(明细.合格, 明细.单价, 1))",
                "AVG(明细.单价)",
            )
        )

    def constant(self) -> str:
        return self.random.choice(("0", "1", "2", "5", "100", "0.5", "1.005", "-3", "5%", "1万", "3.14159"))

    def text(self) -> str:
        r = self.random
        return r.choice(
            (*TEXTS, *TEXTS, r.choice(WORDS), "备注 + 状态", "CONCAT(备注, 状态)", "LEFT(备注, 1)", "我")
        )

    def day(self) -> str:
        r = self.random
        return r.choice(
            (*DATES, *DATES, "今天", "上次跟进日 + 30天", "交期 - 12小时", "MAX(明细.日期)", "今天 - 5天")
        )

    def moment(self) -> str:
        return self.random.choice((*MOMENTS, "现在", "创建时间 + 8小时", "现在 - 90分钟"))

    def length(self) -> str:
        return self.random.choice(
            (
                "今天 - 上次跟进日",
                "交期 - 上次跟进日",
                "现在 - 创建时间",
                "完成时间 - 创建时间",
                "现在 - 上次跟进日",
                "上次跟进日 - 今天",
            )
        )

    def leaf(self) -> str:
        return self.random.choice(self.LEAVES)(self)

    def numbers_compared(self) -> str:
        return f"{self.number()} {self.random.choice(ORDER)} {self.number()}"

    def texts_compared(self) -> str:
        return f"{self.text()} {self.random.choice(ORDER)} {self.text()}"

    def days_compared(self) -> str:
        return f"{self.day()} {self.random.choice(ORDER)} {self.day()}"

    def moments_compared(self) -> str:
        return (
            f"{self.moment()} {self.random.choice(ORDER)} {self.random.choice((self.moment(), self.day()))}"
        )

    def lengths_compared(self) -> str:
        size = self.random.choice(("30天", "1周", "12小时", "0天", "36小时", "90分钟", "45秒"))
        return f"{self.length()} {self.random.choice(ORDER)} {size}"

    def listed(self) -> str:
        r = self.random
        word = r.choice(("属于", "不属于"))
        return r.choice(
            (
                f"{r.choice(TEXTS)} {word} [{', '.join(r.sample(WORDS, 3))}]",
                f"{r.choice(TEXTS)} {word} [{r.choice(WORDS)}, 空]",
                f"{r.choice(NUMBERS)} {word} [1, 2.5, 100, 0.13]",
                f"{r.choice(DATES)} {word} [今天, 交期]",
                f"{r.choice(TEXTS)} {word} 明细.类别",
                f"{r.choice(WORDS)} {word} 标签",
                f'客户 {word} ["1", "3"]',
                '客户 == "2"',
            )
        )

    def textual(self) -> str:
        r = self.random
        word = r.choice(("包含", "不包含", "开头是", "结尾是"))
        return f"{r.choice(TEXTS)} {word} {r.choice((*WORDS, '状态'))}"

    def blank(self) -> str:
        r = self.random
        field = r.choice((*NUMBERS, *TEXTS, *DATES, *MOMENTS, "公海", "标签", "明细", "客户"))
        return r.choice((f"{field} 为空", f"{field} 非空", f"ISBLANK({field})", f"{field} == 空"))

    def yes_no(self) -> str:
        return self.random.choice(("公海", "公海 == 否", "公海 != 是", "非 公海", "公海 == (件数 > 2)", "是"))

    def rows(self) -> str:
        r = self.random
        return r.choice(
            (
                f"明细.日期 {r.choice(ORDER)} 今天",
                f"明细.单价 {r.choice(ORDER)} {r.choice(('金额', '5', '明细.数量'))}",
                "ALL(明细.合格)",
                "明细.合格 且 明细.数量 > 1",
                "ANY(明细.类别 == 状态)",
                "非 明细.合格",
                '标签 包含 "急"',
            )
        )

    LEAVES = (
        numbers_compared,
        numbers_compared,
        numbers_compared,
        texts_compared,
        days_compared,
        moments_compared,
        lengths_compared,
        listed,
        textual,
        blank,
        yes_no,
        rows,
    )
