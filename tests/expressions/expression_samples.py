"""The form all tests of expressions work on: 订单 with sub-table 明细 and linked 客户; and one row."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.expressions import Kind, Schema, Scope, Symbol

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZONE)

CUSTOMER = Schema(
    "客户",
    (
        Symbol("level", "等级", Kind.TEXT),
        Symbol("credit", "信用额度", Kind.NUMBER, scale=2),
        Symbol("since", "建档日", Kind.DATE),
    ),
)
ITEM = Schema(
    "明细",
    (
        Symbol("qty", "数量", Kind.NUMBER, scale=2),
        Symbol("price", "单价", Kind.NUMBER, scale=2),
        Symbol("kind", "类别", Kind.TEXT),
        Symbol("day", "日期", Kind.DATE),
        Symbol("ok", "合格", Kind.BOOL),
    ),
)
PAYMENT = Schema("付款", (Symbol("paid", "实付", Kind.NUMBER, scale=2),))
ORDER = Schema(
    "订单",
    (
        Symbol("total", "金额", Kind.NUMBER, scale=2),
        Symbol("pieces", "件数", Kind.NUMBER),
        Symbol("rate", "税率", Kind.NUMBER, scale=4),
        Symbol("remark", "备注", Kind.TEXT),
        Symbol("status", "状态", Kind.TEXT),
        Symbol("public", "公海", Kind.BOOL),
        Symbol("last", "上次跟进日", Kind.DATE),
        Symbol("due", "交期", Kind.DATE),
        Symbol("made", "创建时间", Kind.DATETIME),
        Symbol("done", "完成时间", Kind.DATETIME),
        Symbol("tags", "标签", Kind.LIST, elements=Kind.TEXT),
        Symbol("customer", "客户", Kind.RECORD, CUSTOMER),
        Symbol("items", "明细", Kind.ROWS, ITEM),
        Symbol("payments", "付款", Kind.ROWS, PAYMENT),
        Symbol("days", "天数 (天)", Kind.NUMBER),
        Symbol("worth", "任意", Kind.ANY),
        Symbol("spent", "耗时", Kind.DURATION),
    ),
)

CALLS = {
    "上级": lambda person, levels: f"{person}的{levels}级上级",
    "我的部门": lambda: "销售部",
    "工作日": lambda day: day.isoweekday() < 6 and day != date(2026, 11, 23),
}
SCOPE = Scope(NOW, ZONE, "u1", CALLS)
BARE_SCOPE = Scope(NOW, ZONE)

ROW: dict[str, object] = {
    "total": Decimal("6000.50"),
    "pieces": 3,
    "rate": Decimal("0.13"),
    "remark": "加急，周一前送到",
    "status": "进行中",
    "public": False,
    "last": date(2026, 10, 1),
    "due": date(2026, 11, 30),
    "made": datetime(2026, 11, 22, 8, 0, tzinfo=ZONE),
    "tags": ["急", "大客户"],
    "customer": {"id": "c1", "level": "A", "credit": Decimal(50000), "since": date(2020, 2, 29)},
    "items": [
        {"qty": Decimal(2), "price": Decimal("3.50"), "kind": "交通", "day": date(2026, 11, 1), "ok": True},
        {"qty": Decimal(1), "price": Decimal(300), "kind": "住宿", "day": date(2026, 12, 1), "ok": False},
        {"qty": None, "price": Decimal(10), "kind": None, "day": None, "ok": None},
    ],
    "payments": [],
    "days": 12,
    "worth": "x",
    "spent": timedelta(hours=30),
}
