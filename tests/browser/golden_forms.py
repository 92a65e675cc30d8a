"""Three forms as they should come out of the designer."""

CUSTOMER = """
form: customer_info
title: 客户信息表
words: [客户登记]
number: CU-{yyyyMM}-{seq:4}
summary: "{名称}"
fields:
  - {key: name, label: 名称, type: text, required: true, max: 60, unique: true}
  - {key: kind, label: 类型, type: select, options: [企业, 个人], required: true, default: 企业}
  - {key: uscc, label: 信用代码, type: uscc, visible_if: 类型 == "企业"}
  - {key: tel, label: 电话, type: phone, required: true}
  - key: level
    label: 等级
    type: select
    options:
      - {value: 重点, color: blue}
      - {value: 普通, color: green}
      - 潜在
  - key: contacts
    label: 联系人
    type: subtable
    rows: [1, 20]
    fields:
      - {key: person, label: 姓名, type: text, required: true}
      - {key: mobile, label: 手机, type: phone}
  - {key: code, label: 客户代码, type: serial, rule: "C{yyyy}-{seq:5}"}
"""

PURCHASE = """
form: purchase_form
title: 采购申请单
words: [买东西]
number: PU-{yyyyMM}-{seq:4}
fields:
  - {key: applicant, label: 申请人, type: member, readonly: true, default: 我}
  - {key: needed, label: 需用日期, type: date, required: true}
  - key: items
    label: 明细
    type: subtable
    rows: [1, 100]
    fields:
      - {key: thing, label: 品名, type: text, required: true, max: 80}
      - {key: qty, label: 数量, type: number, required: true, min: 0.01}
      - {key: price, label: 单价, type: money, required: true}
      - {key: cost, label: 小计, type: money, formula: 数量 * 单价}
  - {key: total, label: 合计, type: money, formula: SUM(明细.小计), capital: true}
  - {key: urgent, label: 加急, type: switch}
  - {key: why, label: 加急原因, type: text, lines: 3, visible_if: 加急 == 是, required_if: 加急 == 是}
checks:
  - {if: 合计 > 100000, say: 超过十万元请走招标, level: warn}
"""

WORK_ORDER = """
form: work_order
title: 生产工单
words: [工单]
number: WO-{yyyyMM}-{seq:4}
summary: "{产品} {计划数量}"
fields:
  - {key: basics, label: 计划, type: section}
  - {key: product, label: 产品, type: text, required: true}
  - {key: planned, label: 计划数量, type: number, required: true, min: 1, decimals: 0}
  - {key: line, label: 产线, type: select, options: [一线, 二线, 三线], style: radio}
  - {key: starts_on, label: 开工日期, type: date, default: 今天}
  - {key: ends_on, label: 完工日期, type: date}
  - key: steps
    label: 工序
    type: subtable
    fields:
      - {key: step, label: 工序名称, type: select, options: [下料, 焊接, 喷涂, 装配], required: true}
      - {key: good, label: 合格数, type: number, decimals: 0}
      - {key: bad, label: 不良数, type: number, decimals: 0}
  - {key: rate, label: 合格率, type: number, unit: "%", rounding: half_up, formula: "SUM(工序.合格数) / (SUM(工序.合格数) + SUM(工序.不良数)) * 100"}
  - {key: batch, label: 批号, type: serial, rule: "P{yyyyMMdd}-{seq:3}"}
checks:
  - {if: 完工日期 < 开工日期, say: 完工不能早于开工, at: ends_on}
"""
