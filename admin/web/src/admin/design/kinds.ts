/** The four kinds of definition: names, what they are for, and the text a new one starts with. */
import type { DefinitionKind } from '../contract'

export interface KindInfo {
  kind: DefinitionKind
  title: string
  about: string
  example: string
  start: (key: string, title: string) => string
}

const formStart = (key: string, title: string): string => `form: ${key}
title: ${title}
number: ${key.slice(0, 2).toUpperCase()}-{yyyyMM}-{seq:4}
summary: "{申请人} {事由}"
fields:
  - {key: applicant, label: 申请人, type: member, default: 我, readonly: true}
  - {key: day, label: 日期, type: date, required: true}
  - {key: reason, label: 事由, type: text, required: true, max: 100}
  - {key: amount, label: 金额, type: money, min: 0}
`

const flowStart = (key: string, title: string): string => `flow: ${key}
title: ${title}
form: 表单的标识
steps:
  - approve: 直属上级
    who: {manager: 1}
  - copy: {who: [发起人]}
`

const ruleStart = (key: string, title: string): string => `rule: ${key}
title: ${title}
when: {absence: 跟进记录的标识, of: 客户的标识, days: 30}
if: 等级 == "A"
then:
  - remind: {who: 归属销售, text: "{名称} 已 {天数} 天未跟进"}
`

const reportStart = (key: string, title: string): string => `report: ${key}
title: ${title}
source: 表单的标识
measures: [{sum: 金额, label: 金额}]
by: [{month: 日期}]
chart: bar
`

export const kinds: KindInfo[] = [
  { kind: 'form', title: '表单', about: '要填什么、怎么校验、怎么编号', example: '费用报销、采购申请', start: formStart },
  { kind: 'flow', title: '流程', about: '提交之后谁来审批、按什么条件走', example: '报销审批、合同会签', start: flowStart },
  { kind: 'rule', title: '规则', about: '如果发生什么，那么提醒谁、改什么', example: '30 天未跟进提醒销售', start: ruleStart },
  { kind: 'report', title: '报表', about: '按什么汇总、画成什么图、发给谁', example: '月度销售额', start: reportStart },
]

export function kindInfo(kind: DefinitionKind): KindInfo {
  return kinds.find((one) => one.kind === kind) ?? kinds[0]
}
