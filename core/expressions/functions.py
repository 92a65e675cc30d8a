"""The one table of functions: names, parameters, help and a worked example each. Documentation and completion read it."""

from dataclasses import dataclass

from core.expressions.values import Kind
from core.expressions.words import CALLED

NUMBER, TEXT, BOOL, DATE, DATETIME = (
    (Kind.NUMBER,),
    (Kind.TEXT,),
    (Kind.BOOL,),
    (Kind.DATE,),
    (Kind.DATETIME,),
)
WHEN, ANYTHING = (Kind.DATE, Kind.DATETIME), (Kind.ANY,)


@dataclass(frozen=True)
class Parameter:
    """One parameter. `kinds`: what it takes, the first is the wish; `repeat`: any number more of the last."""

    name: str
    kinds: tuple[Kind, ...]
    optional: bool = False
    repeat: bool = False


@dataclass(frozen=True)
class Function:
    """One function.

    result   None where it depends on the arguments        rule     how calls.py checks the arguments
    nulls    it sees null arguments itself; the others answer null to a null
    scoped   its code takes the Scope first                 sql      it has an SQL twin
    browser  the interpreter in the browser knows it        example, answer  both are expressions; a test compares them
    """

    name: str
    aliases: tuple[str, ...]
    group: str
    parameters: tuple[Parameter, ...]
    result: Kind | None
    help: str
    example: str
    answer: str
    rule: str = "plain"
    nulls: bool = False
    scoped: bool = False
    sql: bool = False
    browser: bool = True

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(1 for parameter in self.parameters if not parameter.optional)

    @property
    def most(self) -> int | None:
        """How many it takes; None: any number."""
        return None if any(p.repeat for p in self.parameters) else len(self.parameters)

    @property
    def usage(self) -> str:
        """`IF(条件, 成立时, 否则)`, optional ones in brackets."""
        shown = [f"[{p.name}]" if p.optional else p.name + ("…" if p.repeat else "") for p in self.parameters]
        return f"{self.name}({', '.join(shown)})"


def _p(name: str, kinds: tuple[Kind, ...]) -> Parameter:
    return Parameter(name, kinds)


def _o(name: str, kinds: tuple[Kind, ...]) -> Parameter:
    return Parameter(name, kinds, optional=True)


def _r(name: str, kinds: tuple[Kind, ...]) -> Parameter:
    return Parameter(name, kinds, repeat=True)


_F = Function
_GATHERING = (
    _F(
        "SUM",
        ("求和", "合计值"),
        "汇总",
        (_r("数字", NUMBER),),
        Kind.NUMBER,
        "各数之和，空值不计；没有数时为 0。",
        "SUM(1, 2, 空, 3)",
        "6",
        "sum",
        sql=True,
    ),
    _F(
        "AVG",
        ("AVERAGE", "平均值"),
        "汇总",
        (_r("数字", NUMBER),),
        Kind.NUMBER,
        "平均数，空值不计；没有数时为空。",
        "AVG(1, 2, 空, 6)",
        "3",
        "sum",
    ),
    _F(
        "MIN",
        ("最小值",),
        "汇总",
        (_r("值", NUMBER + WHEN),),
        None,
        "最小的数字或最早的日期，空值不计。",
        "MIN(3, 1, 2)",
        "1",
        "extreme",
        sql=True,
    ),
    _F(
        "MAX",
        ("最大值",),
        "汇总",
        (_r("值", NUMBER + WHEN),),
        None,
        "最大的数字或最晚的日期，空值不计。",
        "MAX(3, 1, 2)",
        "3",
        "extreme",
        sql=True,
    ),
    _F(
        "COUNT",
        ("计数",),
        "汇总",
        (_r("值", ANYTHING),),
        Kind.NUMBER,
        "不为空的个数；写子表名则为行数。",
        'COUNT(["A", "B"])',
        "2",
        "count",
        sql=True,
    ),
    _F(
        "COUNTIF",
        ("条件计数",),
        "汇总",
        (_p("范围或条件", ANYTHING), _o("条件", ANYTHING)),
        Kind.NUMBER,
        '满足条件的个数：COUNTIF(明细.金额, ">100") 或 COUNTIF(明细.金额 > 100)。',
        'COUNTIF([5, 8, 12], ">6")',
        "2",
        "countif",
        sql=True,
    ),
    _F(
        "SUMIF",
        ("条件求和",),
        "汇总",
        (_p("范围或条件", ANYTHING), _p("条件或求和列", ANYTHING), _o("求和列", NUMBER)),
        Kind.NUMBER,
        '满足条件的行之和：SUMIF(明细.类别, "交通", 明细.金额) 或 SUMIF(明细.类别 == "交通", 明细.金额)。',
        'SUMIF([5, 8, 12], ">6")',
        "20",
        "sumif",
        sql=True,
    ),
    _F(
        "ANY",
        ("任一",),
        "汇总",
        (_p("条件", BOOL),),
        Kind.BOOL,
        "子表中有任何一行满足条件。",
        "ANY(1 > 2)",
        "否",
        "any",
        sql=True,
    ),
    _F(
        "ALL",
        ("全部",),
        "汇总",
        (_p("条件", BOOL),),
        Kind.BOOL,
        "子表中每一行都满足条件；没有行时为是。",
        "ALL(2 > 1)",
        "是",
        "any",
        sql=True,
    ),
)
_LOGIC = (
    _F(
        "IF",
        ("如果",),
        "判断",
        (_p("条件", BOOL), _p("成立时", ANYTHING), _o("否则", ANYTHING)),
        None,
        "条件成立取第一个结果，否则取第二个；只计算用到的那个。",
        'IF(3 > 2, "大", "小")',
        '"大"',
        "if",
        nulls=True,
        sql=True,
    ),
    _F(
        "IFS",
        (),
        "判断",
        (_p("条件", BOOL), _p("结果", ANYTHING), _r("更多条件和结果", ANYTHING)),
        None,
        "依次判断，取第一个成立的条件后面的结果；都不成立为空。",
        'IFS(1 > 2, "甲", 2 > 1, "乙")',
        '"乙"',
        "ifs",
        nulls=True,
        sql=True,
    ),
    _F(
        "AND",
        (),
        "判断",
        (_r("条件", BOOL),),
        Kind.BOOL,
        "全部成立。",
        "AND(1 < 2, 2 < 3)",
        "是",
        "logic",
        nulls=True,
        sql=True,
    ),
    _F(
        "OR",
        (),
        "判断",
        (_r("条件", BOOL),),
        Kind.BOOL,
        "至少一个成立。",
        "OR(1 > 2, 2 < 3)",
        "是",
        "logic",
        nulls=True,
        sql=True,
    ),
    _F(
        "NOT",
        (),
        "判断",
        (_p("条件", BOOL),),
        Kind.BOOL,
        "不成立。",
        "NOT(1 > 2)",
        "是",
        "not",
        nulls=True,
        sql=True,
    ),
    _F(
        "ISBLANK",
        ("ISEMPTY", "为空吗"),
        "判断",
        (_p("值", ANYTHING),),
        Kind.BOOL,
        "值为空、空文字或没有选项。",
        'ISBLANK("")',
        "是",
        "blank",
        nulls=True,
        sql=True,
    ),
    _F(
        "COALESCE",
        ("IFNULL", "默认"),
        "判断",
        (_r("值", ANYTHING),),
        None,
        "第一个不为空的值。",
        "COALESCE(空, 3)",
        "3",
        "coalesce",
        nulls=True,
        sql=True,
    ),
)
_NUMBERS = (
    _F(
        "ROUND",
        ("四舍五入",),
        "数字",
        (_p("数字", NUMBER), _o("小数位", NUMBER)),
        Kind.NUMBER,
        "四舍五入到指定小数位，默认 0 位。",
        "ROUND(2.345, 2)",
        "2.35",
        sql=True,
    ),
    _F(
        "ROUNDUP",
        ("向上取",),
        "数字",
        (_p("数字", NUMBER), _o("小数位", NUMBER)),
        Kind.NUMBER,
        "向远离 0 的方向进位。",
        "ROUNDUP(2.341, 2)",
        "2.35",
    ),
    _F(
        "ROUNDDOWN",
        ("向下取",),
        "数字",
        (_p("数字", NUMBER), _o("小数位", NUMBER)),
        Kind.NUMBER,
        "向 0 的方向舍去。",
        "ROUNDDOWN(2.349, 2)",
        "2.34",
    ),
    _F(
        "INT",
        ("取整",),
        "数字",
        (_p("数字", NUMBER),),
        Kind.NUMBER,
        "不大于它的最大整数。",
        "INT(-2.5)",
        "-3",
    ),
    _F(
        "MOD",
        ("取余",),
        "数字",
        (_p("数字", NUMBER), _p("除数", NUMBER)),
        Kind.NUMBER,
        "余数，符号与除数相同；除数为 0 时为空。",
        "MOD(-7, 3)",
        "2",
    ),
    _F("ABS", ("绝对值",), "数字", (_p("数字", NUMBER),), Kind.NUMBER, "绝对值。", "ABS(-5)", "5", sql=True),
    _F(
        "大写",
        ("CNY", "大写金额", "RMB"),
        "数字",
        (_p("金额", NUMBER),),
        Kind.TEXT,
        "人民币大写金额，四舍五入到分。",
        "大写(1005.6)",
        '"壹仟零伍元陆角整"',
    ),
)
_TEXTS = (
    _F(
        "TEXT",
        ("转文字",),
        "文字",
        (_p("值", NUMBER + WHEN + TEXT), _o("格式", TEXT)),
        Kind.TEXT,
        '转成文字；格式如 "0.00"、"#,##0.00"、"0%"、"yyyy年M月d日"、"HH:mm"。',
        'TEXT(1234.5, "#,##0.00")',
        '"1,234.50"',
        "text",
        scoped=True,
    ),
    _F(
        "LEFT",
        ("左取",),
        "文字",
        (_p("文字", TEXT), _o("个数", NUMBER)),
        Kind.TEXT,
        "左边的几个字，默认 1 个。",
        'LEFT("采购申请", 2)',
        '"采购"',
        sql=True,
    ),
    _F(
        "RIGHT",
        ("右取",),
        "文字",
        (_p("文字", TEXT), _o("个数", NUMBER)),
        Kind.TEXT,
        "右边的几个字，默认 1 个。",
        'RIGHT("采购申请", 2)',
        '"申请"',
    ),
    _F(
        "MID",
        ("中取",),
        "文字",
        (_p("文字", TEXT), _p("从第几个", NUMBER), _p("个数", NUMBER)),
        Kind.TEXT,
        "从第几个字起取几个字。",
        'MID("采购申请单", 3, 2)',
        '"申请"',
    ),
    _F(
        "LEN",
        ("长度",),
        "文字",
        (_p("文字", TEXT),),
        Kind.NUMBER,
        "字数；空为 0。",
        'LEN("采购")',
        "2",
        nulls=True,
        sql=True,
    ),
    _F(
        "TRIM",
        ("去空格",),
        "文字",
        (_p("文字", TEXT),),
        Kind.TEXT,
        "去掉两端的空白。",
        'TRIM("  采购 ")',
        '"采购"',
    ),
    _F(
        "CONCAT",
        ("CONCATENATE", "连接"),
        "文字",
        (_r("值", ANYTHING),),
        Kind.TEXT,
        "把各个值连成文字，空值不计。",
        'CONCAT("第", 3, "期")',
        '"第3期"',
        "concat",
        nulls=True,
        sql=True,
    ),
    _F(
        "FIND",
        ("查找",),
        "文字",
        (_p("找什么", TEXT), _p("文字", TEXT), _o("从第几个", NUMBER)),
        Kind.NUMBER,
        "第一次出现在第几个字；没有为 0。",
        'FIND("申", "采购申请")',
        "3",
    ),
)
_DATES = (
    _F(
        "TODAY",
        ("今天",),
        "日期",
        (),
        Kind.DATE,
        "今天的日期，也可以只写 今天。",
        "TODAY()",
        "今天",
        scoped=True,
        sql=True,
    ),
    _F(
        "NOW",
        ("现在",),
        "日期",
        (),
        Kind.DATETIME,
        "现在的日期时间，也可以只写 现在。",
        "NOW()",
        "现在",
        scoped=True,
        sql=True,
    ),
    _F(
        "DATE",
        ("日期值",),
        "日期",
        (_p("年、日期时间或文字", NUMBER + WHEN + TEXT), _o("月", NUMBER), _o("日", NUMBER)),
        Kind.DATE,
        "由年、月、日组成的日期；或日期时间、文字中的日期。",
        "DATE(2026, 1, 31)",
        'DATE("2026-01-31")',
        "date",
        scoped=True,
    ),
    _F(
        "YEAR",
        ("年",),
        "日期",
        (_p("日期", DATE),),
        Kind.NUMBER,
        "年份。",
        "YEAR(DATE(2026, 1, 31))",
        "2026",
        sql=True,
    ),
    _F(
        "MONTH",
        ("月",),
        "日期",
        (_p("日期", DATE),),
        Kind.NUMBER,
        "月份，1 到 12。",
        "MONTH(DATE(2026, 1, 31))",
        "1",
        sql=True,
    ),
    _F(
        "DAY",
        ("日",),
        "日期",
        (_p("日期", DATE),),
        Kind.NUMBER,
        "几号。",
        "DAY(DATE(2026, 1, 31))",
        "31",
        sql=True,
    ),
    _F(
        "WEEKDAY",
        ("星期",),
        "日期",
        (_p("日期", DATE), _o("方式", NUMBER)),
        Kind.NUMBER,
        "星期几：默认星期日为 1、星期六为 7；方式写 2 则星期一为 1、星期日为 7。",
        "WEEKDAY(DATE(2026, 11, 22), 2)",
        "7",
    ),
    _F(
        "EDATE",
        ("加月",),
        "日期",
        (_p("日期", DATE), _p("月数", NUMBER)),
        Kind.DATE,
        "几个月后的同一天，没有这一天时为月末。",
        "EDATE(DATE(2026, 1, 31), 1)",
        "DATE(2026, 2, 28)",
    ),
    _F(
        "EOMONTH",
        ("月末",),
        "日期",
        (_p("日期", DATE), _o("月数", NUMBER)),
        Kind.DATE,
        "几个月后的月末，默认本月。",
        "EOMONTH(DATE(2026, 1, 15), 1)",
        "DATE(2026, 2, 28)",
    ),
    _F(
        "DATEDIF",
        ("日期差",),
        "日期",
        (_p("开始", DATE), _p("结束", DATE), _o("单位", TEXT)),
        Kind.NUMBER,
        '相差的整天数 "D"（默认）、整月数 "M"、整年数 "Y"；"YM"、"MD"、"YD" 为不足的零头。',
        'DATEDIF(DATE(2026, 1, 31), DATE(2027, 3, 1), "M")',
        "13",
    ),
    _F(
        "NETWORKDAYS",
        ("工作日数",),
        "日期",
        (_p("开始", DATE), _p("结束", DATE)),
        Kind.NUMBER,
        "两个日期之间（含两端）的工作日数，按企业日历。",
        "NETWORKDAYS(DATE(2026, 11, 20), DATE(2026, 11, 24))",
        "3",
        scoped=True,
        browser=False,
    ),
    _F(
        "WORKDAY",
        ("工作日后",),
        "日期",
        (_p("开始", DATE), _p("天数", NUMBER)),
        Kind.DATE,
        "几个工作日之后（负数为之前）的日期，按企业日历。",
        "WORKDAY(DATE(2026, 11, 20), 1)",
        "DATE(2026, 11, 23)",
        scoped=True,
        browser=False,
    ),
    _F(
        "工作日",
        ("ISWORKDAY",),
        "日期",
        (_p("日期", DATE),),
        Kind.BOOL,
        "这一天是不是工作日，按企业日历。",
        "工作日(DATE(2026, 11, 22))",
        "否",
        scoped=True,
        browser=False,
    ),
)
_PEOPLE = (
    _F(
        "ME",
        ("我",),
        "人员",
        (),
        Kind.TEXT,
        "当前操作的人，也可以只写 我。",
        "ME()",
        "我",
        nulls=True,
        scoped=True,
        sql=True,
    ),
    _F(
        "上级",
        ("MANAGER",),
        "人员",
        (_o("人员", TEXT), _o("级数", NUMBER)),
        Kind.TEXT,
        "某人（默认自己）的第几级上级，默认直属上级。",
        "上级(我, 1)",
        "上级()",
        nulls=True,
        scoped=True,
        browser=False,
    ),
    _F(
        "MYDEPARTMENT",
        ("我的部门",),
        "人员",
        (),
        Kind.TEXT,
        "我所在的部门，也可以只写 我的部门。",
        "MYDEPARTMENT()",
        "我的部门",
        nulls=True,
        scoped=True,
        browser=False,
    ),
)

TABLE: tuple[Function, ...] = _GATHERING + _LOGIC + _NUMBERS + _TEXTS + _DATES + _PEOPLE
BY_NAME: dict[str, Function] = {n.upper(): f for f in TABLE for n in (*f.aliases, f.name)}
BY_NAME.update({function.name.upper(): function for function in TABLE})
CALLED.update(name for name in BY_NAME if len(name) > 1)


def find(name: str) -> Function | None:
    """The function of that name or alias, upper or lower case."""
    return BY_NAME.get(name.upper())
