"""vectors.json: texts, trees, rows and results that Python and the browser's interpreter must agree on.

`PYTHONPATH=. python tests/expressions/shared_vectors.py` writes the file anew from the tables of the tests,
the examples of the functions and random conditions. test_vectors.py says whether it is what Python gives,
expr.test.ts whether the browser agrees. Values are written as export.constant writes them.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from expression_samples import NOW, ORDER, ROW
from random_expressions import Writer
from test_functions import CORNERS
from test_language import DATES_AND_LENGTHS, NULLS, SUB_TABLES, WORDS_AND_SIGNS

from core.expressions import TABLE, Expression, ExpressionError, Kind, Schema, Scope, compile
from core.expressions.export import constant

FILE = Path(__file__).with_name("vectors.json")
SCOPE = Scope(NOW, ZoneInfo("Asia/Shanghai"), "u1")
RANDOM = 150

OTHER: dict[str, object] = {
    "total": Decimal("-0.05"),
    "pieces": 7,
    "rate": Decimal("0.0605"),
    "remark": "𠮷A",
    "status": "A",
    "public": True,
    "last": date(2026, 11, 22),
    "due": date(2024, 2, 29),
    "made": datetime(2026, 11, 21, 16, 0, tzinfo=ZoneInfo("UTC")),
    "done": datetime(2026, 11, 22, 2, 30, 0, 500, tzinfo=ZoneInfo("UTC")),
    "tags": [],
    "customer": {"id": "c2", "level": None, "credit": Decimal("99999999.99"), "since": date(2026, 10, 23)},
    "items": [
        {
            "qty": Decimal("0.01"),
            "price": Decimal("12345678.9"),
            "kind": "A",
            "day": date(2026, 11, 22),
            "ok": True,
        }
    ],
    "payments": [{"paid": Decimal("1.005")}],
    "spent": timedelta(microseconds=-1),
}
ROWS: dict[str, dict[str, object]] = {"full": ROW, "other": OTHER, "empty": {}}


def jsonable(value: object) -> object:
    """A row value as JSON."""
    if isinstance(value, Mapping):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    return constant(value)


def restored(row: Mapping[str, Any], schema: Schema) -> dict[str, object]:
    """A row read from JSON, in Python's kinds."""
    out: dict[str, object] = {}
    for key, value in row.items():
        symbol = schema.find(key)
        out[key] = value if symbol is None or value is None else _restored(value, symbol.kind, symbol.item)
    return out


def _restored(value: Any, kind: Kind, item: Schema | None) -> object:
    match kind:
        case Kind.NUMBER:
            return Decimal(value)
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.DATETIME:
            return datetime.fromisoformat(value)
        case Kind.DURATION:
            return timedelta(microseconds=int(value))
        case Kind.ROWS:
            return [restored(row, item) for row in value] if item else value
        case Kind.RECORD:
            return restored(value, item) if item else value
    return value


def result_of(expression: Expression, row: Mapping[str, object]) -> object:
    """The worth as JSON; a failure as {"error": true}: the sentences of both sides may differ."""
    try:
        return constant(expression.evaluate(row, SCOPE))
    except ExpressionError:
        return {"error": True}


def texts() -> list[str]:
    """Every text of the tables, every example, and random conditions."""
    tables = (WORDS_AND_SIGNS, DATES_AND_LENGTHS, SUB_TABLES, NULLS, CORNERS)
    found = [text for table in tables for text, _ in table]
    found += [function.example for function in TABLE]
    found += [
        "CONCAT(创建时间, 耗时)",
        "ROUND(税率 * 金额, 3)",
        'TEXT(1/3, "0.0000")',
        "金额 * 税率 / 7",
        "LEN(备注)",
    ]
    writer = Writer(2026)
    return list(dict.fromkeys([*found, *(writer.condition(1) for _ in range(RANDOM))]))


def written() -> dict[str, object]:
    """The whole file."""
    vectors = []
    for text in texts():
        expression = compile(text, ORDER)
        tree = expression.tree()
        if tree["browser"]:
            results = {name: result_of(expression, row) for name, row in ROWS.items()}
            vectors.append({"text": text, "schema": "order", "tree": tree, "results": results})
    scope = {"now": NOW.isoformat(), "zone": "Asia/Shanghai", "me": "u1"}
    return {"scope": scope, "rows": jsonable(ROWS), "vectors": vectors}


def main() -> None:
    """Write the file, one vector a line."""
    document = written()
    lines = [json.dumps(vector, ensure_ascii=False) for vector in document.pop("vectors")]  # type: ignore[attr-defined]
    head = json.dumps(document, ensure_ascii=False)[:-1]
    FILE.write_text(f'{head}, "vectors": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"{len(lines)} vectors")


if __name__ == "__main__":
    main()
