"""Forms and flows of the flow stories: a project with everything that a flow can do."""

PROJECT = """
form: project
title: 立项
number: LX-{seq:3}
summary: "{项目} {金额} 元"
fields:
  - {key: name, label: 项目, type: text, required: true}
  - {key: amount, label: 金额, type: money, required: true}
  - {key: leader, label: 负责人, type: member}
  - {key: memo, label: 备注, type: text}
  - {key: level, label: 等级, type: text}
  - {key: outcome, label: 结果, type: text}
  - key: parts
    label: 分包
    type: subtable
    fields:
      - {key: what, label: 内容, type: text}
      - {key: cost, label: 费用, type: money}
---
form: level_table
title: 等级表
fields:
  - {key: name, label: 项目, type: text}
  - {key: grade, label: 级别, type: text}
---
form: part
title: 分包单
number: FB-{seq:3}
fields:
  - {key: what, label: 内容, type: text}
  - {key: cost, label: 费用, type: money}
  - {key: parent, label: 来自, type: text}
---
flow: part_flow
title: 分包审批
form: part
steps:
  - {approve: 采购确认, who: {person: 刘建国}}
"""

EVERYTHING = """
flow: project_flow
title: 立项审批
form: project
on: {approved: {outcome: '"批准"'}, rejected: {outcome: '"否决"'}}
steps:
  - query: {form: level_table, name: 查等级, match: {项目: 项目}, into: {等级: 级别}}
  - branch: parallel
    paths:
      - name: 业务
        steps:
          - {approve: 业务会签, who: {people: [王强, 刘建国]}, vote: all, on: {approve: {备注: '"业务已会签"'}}}
      - name: 财务
        steps:
          - {approve: 财务审核, who: {role: 财务主管}, due: {hours: 4, before: [1], then: escalate}}
  - fill: 填写备注
    who: {person: 周婷}
    fields: {memo: required, amount: hidden}
    buttons: {approve: 填好了}
  - subflow: {form: part, name: 分包, map: {what: 内容, cost: 费用, parent: 本单.编号}, each: 分包}
  - update: {form: level_table, name: 回写, match: {项目: 项目}, map: {级别: '"已立项"'}}
  - notify: "项目 {项目} 已立项"
    who: {role: 出纳}
  - webhook: {url: "http://127.0.0.1:9/erp", name: 通知ERP, wait: true, body: {金额: 金额}, into: {备注: note}}
  - delay: {days: 1, calendar: working}
  - create: {form: level_table, name: 存档, map: {项目: 项目, 级别: '"归档"'}}
"""
