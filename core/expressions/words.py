"""The words and signs of the language, each with rule_engine's token name and our operator name."""

from decimal import Decimal

NOT_IN: tuple[tuple[str, object], ...] = (("NOT", "not"), ("IN", "in"))
IS_NULL: tuple[tuple[str, object], ...] = (("EQ", "eq"), ("NULL", None))
NOT_NULL: tuple[tuple[str, object], ...] = (("NE", "ne"), ("NULL", None))

WORDS: dict[str, tuple[tuple[str, object], ...]] = {
    **dict.fromkeys(("and", "且", "并且", "而且"), (("AND", "and"),)),
    **dict.fromkeys(("or", "或", "或者"), (("OR", "or"),)),
    **dict.fromkeys(("not", "非"), (("NOT", "not"),)),
    "不是": (("NE", "ne"),),
    **dict.fromkeys(("in", "属于"), (("IN", "in"),)),
    "不属于": NOT_IN,
    "包含": (("EQ_FZS", "contains"),),
    "不包含": (("NE_FZS", "lacks"),),
    "开头是": (("EQ_FZS", "starts"),),
    "结尾是": (("EQ_FZS", "ends"),),
    "匹配": (("EQ_FZS", "search"),),
    **dict.fromkeys(("空", "null", "none"), (("NULL", None),)),
    **dict.fromkeys(("为空", "是空"), IS_NULL),
    **dict.fromkeys(("不为空", "非空", "不是空"), NOT_NULL),
    **dict.fromkeys(("真", "true", "是"), (("TRUE", True),)),
    **dict.fromkeys(("假", "false", "否"), (("FALSE", False),)),
    "等于": (("EQ", "eq"),),
    "不等于": (("NE", "ne"),),
    "大于": (("GT", "gt"),),
    "小于": (("LT", "lt"),),
    **dict.fromkeys(("大于等于", "不小于"), (("GE", "ge"),)),
    **dict.fromkeys(("小于等于", "不大于"), (("LE", "le"),)),
}


class Bare(str):
    """A word that stands for a call without arguments; its text is the function's name."""

    __slots__ = ()


BARE: dict[str, Bare] = {
    "今天": Bare("TODAY"),
    "现在": Bare("NOW"),
    "我": Bare("ME"),
    "我的部门": Bare("MYDEPARTMENT"),
}

# names of functions the reader may find stuck to other words; filled by functions.py
CALLED: set[str] = set()

UNITS: dict[str, int | Decimal] = {
    "星期": 604_800,
    "周": 604_800,
    "天": 86_400,
    "日": 86_400,
    "个小时": 3_600,
    "小时": 3_600,
    "分钟": 60,
    "秒": 1,
    "万": Decimal(10_000),
    "亿": Decimal(100_000_000),
}

# sign → (token, operator); token None: refused, with a hint
OPERATORS: dict[str, tuple[str | None, object]] = {
    "=~~": ("EQ_FZS", "search"),
    "!~~": ("NE_FZS", "lacks_search"),
    "=~": ("EQ_FZM", "match"),
    "!~": ("NE_FZM", "lacks_match"),
    "==": ("EQ", "eq"),
    "!=": ("NE", "ne"),
    "<>": ("NE", "ne"),
    ">=": ("GE", "ge"),
    "<=": ("LE", "le"),
    "&&": ("AND", "and"),
    "||": ("OR", "or"),
    "??": ("COALESCE", "coalesce"),
    "//": ("FDIV", "idiv"),
    "**": (None, "，这里没有乘方"),
    "<<": (None, ""),
    ">>": (None, ""),
    "≥": ("GE", "ge"),
    "≤": ("LE", "le"),
    "≠": ("NE", "ne"),
    "=": ("EQ", "eq"),
    ">": ("GT", "gt"),
    "<": ("LT", "lt"),
    "+": ("ADD", "add"),
    "-": ("SUB", "sub"),
    "*": ("MUL", "mul"),
    "/": ("TDIV", "div"),
    "%": ("MOD", "mod"),
    "(": ("LPAREN", "("),
    ")": ("RPAREN", ")"),
    "[": ("LBRACKET", "["),
    "]": ("RBRACKET", "]"),
    ",": ("COMMA", ","),
    "?": ("QMARK", "?"),
    ":": ("COLON", ":"),
    ".": ("ATTR", "."),
    "&": (None, "，连接文字请用 CONCAT，同时成立请用「且」"),
    "|": (None, "，两者之一请用「或」"),
    "^": (None, "，这里没有乘方"),
    "$": (None, "，函数名前不用写 $"),
    "{": (None, "，列表请写 [ ]"),
    "}": (None, "，列表请写 [ ]"),
    "!": (None, "，请用「非」"),
}
