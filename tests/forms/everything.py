"""A form with every field type, and for each type values that are right, wrong and on the edge."""

from __future__ import annotations

from typing import Any

SUITE = """
options: city_tier
title: 城市级别
items: [一线, 二线, {value: other, text: 其他, alone: true}]
---
form: part
title: 物料
number: W-{seq:4}
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text, required: true, unique: true}
  - {key: price, label: 单价, type: money, default: 10}
  - {key: in_stock, label: 入库, type: rollup, of: stock_in, by: part, take: qty, agg: sum}
  - {key: used_by, label: 用在, type: backlinks, of: everything, by: part}
---
form: stock_in
title: 入库单
number: RK-{seq:5}
fields:
  - {key: part, label: 物料, type: link, to: part, required: true}
  - {key: qty, label: 数量, type: number, decimals: 0, min: 1, required: true}
---
form: stock_out
title: 出库单
number: CK-{yyyy}-{seq:5}
fields:
  - {key: code, label: 单号, type: serial, rule: "D-{seq:4}"}
  - key: items
    label: 明细
    type: subtable
    rows: [1, 50]
    fields:
      - {key: part, label: 物料, type: link, to: part, required: true}
      - {key: qty, label: 数量, type: number, decimals: 0, min: 1, required: true}
      - {key: price, label: 单价, type: lookup, via: 物料, take: 单价, live: false}
      - {key: amount, label: 金额, type: money, formula: 数量 * 物料.单价}
  - {key: total, label: 合计, type: money, formula: SUM(明细.金额), capital: true}
guards:
  - each: 明细
    ask:
      入库数: {of: stock_in, take: 数量, where: {物料: 物料}}
      出库数: {of: stock_out, take: 明细.数量, where: {明细.物料: 物料}}
    lock: [物料]
    if: 出库数 > 入库数
    say: 库存不足
---
form: everything
title: 全部字段
number: Q-{seq:5}
fields:
  - {key: text, label: 文本, type: text, max: 10, min_length: 2}
  - {key: coded, label: 编码, type: text, pattern: "[A-Z]{2}\\\\d{3}", pattern_say: 应当是两个大写字母加三位数字}
  - {key: masked, label: 掩码, type: text, mask: "99-AA"}
  - {key: rich, label: 富文本, type: rich_text}
  - {key: number, label: 数字, type: number, decimals: 2, min: -5, max: 1000, unit: 件}
  - {key: rounded, label: 舍入, type: number, decimals: 1, rounding: down}
  - {key: money, label: 金额, type: money}
  - {key: on_day, label: 日期, type: date}
  - {key: moment, label: 时刻, type: datetime, step: 30}
  - {key: clock, label: 时间, type: time}
  - {key: days, label: 请假, type: date_range, span_unit: workdays}
  - {key: hours, label: 加班, type: datetime_range, span_unit: hours}
  - {key: pick, label: 单选, type: select, options: [甲, 乙]}
  - {key: free, label: 可填, type: select, options: [甲], other: true}
  - {key: picks, label: 多选, type: multi_select, option_set: city_tier, max_items: 2}
  - {key: flag, label: 开关, type: switch}
  - {key: who, label: 成员, type: member, among: {departments: [销售部]}}
  - {key: whos, label: 成员们, type: members}
  - {key: dept, label: 所属部门, type: department}
  - {key: depts, label: 部门们, type: departments}
  - {key: role, label: 岗位, type: role}
  - {key: phone, label: 电话, type: phone}
  - {key: email, label: 邮箱, type: email}
  - {key: url, label: 网址, type: url}
  - {key: idc, label: 身份证, type: id_card}
  - {key: uscc, label: 信用代码, type: uscc}
  - {key: pass_no, label: 护照, type: passport}
  - {key: place, label: 地址, type: address}
  - {key: part, label: 物料, type: link, to: part}
  - {key: parts, label: 物料们, type: links, to: part}
  - {key: files, label: 附件, type: attachment, max_files: 1}
  - {key: pics, label: 图片, type: image}
"""
SUITE = SUITE.replace("key: number, label: 数字", "key: num, label: 数字")

# key → (right: raw → JSON as it is kept), (wrong)
CASES: dict[str, tuple[list[tuple[Any, Any]], list[Any]]] = {
    "text": (
        [("好的", "好的"), ("  一二  ", "一二"), ("1234567890", "1234567890")],
        ["一", "12345678901", "a\nb"],
    ),
    "coded": ([("AB123", "AB123")], ["ab123", "AB1234"]),
    "masked": ([("12-xy", "12-xy")], ["1-xy", "12-99"]),
    "num": (
        [("1,000", "1000.00"), ("-5", "-5.00"), ("３.５件", "3.50")],
        ["1000.01", "-5.01", "1.234", "abc"],
    ),
    "rounded": ([("1.29", "1.2"), ("-1.29", "-1.2")], ["1e5", "一百"]),
    "money": ([("￥86.50", "86.50"), ("0.01", "0.01")], ["0.001", "1000000000000000"]),
    "on_day": (
        [("2024/2/29", "2024-02-29"), ("20261124", "2026-11-24")],
        ["2026-02-29", "明天的明天", "1899-12-31"],
    ),
    "moment": ([("2026-11-24 09:30", "2026-11-24T01:30:00Z")], ["2026-11-24 09:31", "2026-11-24 25:00"]),
    "clock": ([("9:05", "09:05"), ("23:59", "23:59")], ["24:00", "9点61"]),
    "days": (
        [("2026-11-20 ~ 2026-11-24", {"start": "2026-11-20", "end": "2026-11-24", "span": "3.00"})],
        ["2026-11-24 ~ 2026-11-20", "2026-11-24"],
    ),
    "hours": (
        [
            (
                "2026-11-24 18:00 ~ 2026-11-24 20:30",
                {"start": "2026-11-24T10:00:00Z", "end": "2026-11-24T12:30:00Z", "span": "2.50"},
            )
        ],
        ["2026-11-24 20:00 ~ 2026-11-24 18:00"],
    ),
    "pick": ([("甲", "甲")], ["丙"]),
    "free": ([("丙", "丙")], ["长" * 61]),
    "picks": ([("二线、一线", ["一线", "二线"]), ("其他", ["other"])], ["三线", "一线、其他"]),
    "flag": ([("是", True), ("否", False)], ["也许"]),
    "who": ([("li", "li"), ("周婷", "zhou")], ["chen", "查无此人"]),
    "whos": ([("li、zhou", ["li", "zhou"])], ["li、nobody"]),
    "dept": ([("财务部", "finance")], ["火星部"]),
    "depts": ([("财务部、销售部", ["finance", "sales"])], ["财务部、火星部"]),
    "role": ([("出纳", "cashier")], ["船长"]),
    "phone": ([("138 0013 8000", "13800138000"), ("0755-88886666", "0755-88886666")], ["12345", "88886666"]),
    "email": ([("li@example.com", "li@example.com")], ["li@", "a b@example.com"]),
    "url": ([("https://example.com/a", "https://example.com/a")], ["javascript:alert(1)", "ftp://a.b"]),
    "idc": ([("11010519491231002X", "11010519491231002X")], ["110105194912310021", "110105194913310025"]),
    "pass_no": ([("ea1234567", "EA1234567"), ("k1234567", "K1234567")], ["E123", "ABCDEFG", "G12345"]),
    "uscc": ([("91350100M000100Y43", "91350100M000100Y43")], ["91350100M000100Y44", "91350100I000100Y43"]),
    "place": (
        [
            (
                "广东省 深圳市 南山区 科技园 1 号",
                {
                    "code": "440305",
                    "province": "广东省",
                    "city": "深圳市",
                    "district": "南山区",
                    "detail": "科技园 1 号",
                },
            )
        ],
        ["广东省 深圳市", "广东省 北京市 南山区"],
    ),
    "part": ([("轴承", "=part")], ["没有的物料"]),
    "parts": ([("轴承", ["=part"])], ["没有的物料"]),
}
CARD = {
    "text",
    "coded",
    "masked",
    "num",
    "rounded",
    "money",
    "on_day",
    "moment",
    "clock",
    "pick",
    "free",
    "picks",
    "flag",
} | {
    "phone",
    "email",
    "url",
    "idc",
    "uscc",
    "pass_no",
}
