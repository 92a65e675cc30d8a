"""docs/formulas.md, written from the table of functions by `python -m core.expressions.manual`."""

from __future__ import annotations

from pathlib import Path

from core.expressions.function import Function
from core.expressions.functions import TABLE

FILE = Path(__file__).parents[2] / "docs" / "formulas.md"
HEAD = """# 公式 Formulas

Written by `python -m core.expressions.manual` from the table in `core/expressions/functions.py`; a test holds it current.
One language for formulas, checks, visibility, branch conditions, rules, permissions and report filters:
`金额 > 5000 且 客户.等级 属于 ["A", "B"]`. Numbers are exact decimals on the server and in the browser.
空 is an empty value, and a calculation with it is empty. Names are the labels (or keys) of fields, with `【】` around a
label that is no plain word; `子表.列` is a column, `关联.字段` looks behind a link. In the tables below, `SQL`: also worked
out by the database; `页面`: worked out on the page while typing, without it the page asks the server.

**查询** `查询("表单", 取哪个字段, 条件)` asks another form: the newest record that fits. Void and deleted records and the
record in hand never count. In the condition a name is a field of that form; `本单.字段` (in a row of a sub-table also
`本行.列`) is one of ours, and an empty field of ours finds nothing. With a column the first row that fits is meant:
`查询("价目表", 阶梯.折后价, 物料 == 本单.物料 且 阶梯.起订量 <= 本单.数量)`.
The value is kept when the record is saved, and taken anew when it is saved again. What a formula asks is part of its
dependencies: a circle through several forms is refused at publishing, with the way it goes, and a field that is asked
cannot be removed. It can be used in the expressions of forms.

Operators: `+ - * / % //` · `== != < <= > >=` · `且 或 非` · `属于 不属于 包含 不包含` · `开头是 结尾是` · `匹配` (RE2) ·
`甲 ?? 乙` (else) · `甲 ? 乙 : 丙` · durations `30天 8小时`.
"""  # noqa: E501  # Chinese letters count twice


def page() -> str:
    """The whole page."""
    groups = list(dict.fromkeys(one.group for one in TABLE))
    return "\n".join([HEAD, *(_group(group) for group in groups)])


def _group(group: str) -> str:
    rows = [_row(one) for one in TABLE if one.group == group]
    head = "| 函数 | 别名 | 说明 | 例子 | 得 | SQL | 页面 |\n|---|---|---|---|---|---|---|"
    return "\n".join([f"## {group}", "", head, *rows, ""])


def _row(one: Function) -> str:
    cells = [
        f"`{one.usage}`",
        "、".join(one.aliases),
        one.help,
        f"`{one.example}`",
        f"`{one.answer}`",
        "✓" if one.sql else "",
        "✓" if one.browser else "",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
