/** The kinds of definition: names, what they are for, and the text a new one starts with. */
import type { DefinitionKind, RecordColumn } from '../contract'

/** The form that a new flow, rule or report is about. */
export interface Source {
  key: string
  columns: RecordColumn[]
}

export interface KindInfo {
  kind: DefinitionKind
  title: string
  about: string
  example: string
  /** What the chooser of the form asks; empty when none is needed. */
  asks: string
  start: (key: string, title: string, source: Source) => string
}

const labelOf = (source: Source, ...types: string[]): string => source.columns.find((column) => types.includes(column.type))?.label ?? ''

/** A title as YAML: in quotes where its characters would mean something. */
export const quoted = (title: string): string => (/^[\w\u4e00-\u9fff（）()、，。·.\- ]+$/.test(title) && !/^[-\d\s]/.test(title) ? title : JSON.stringify(title))

const formStart = (key: string, title: string): string => `form: ${key}
title: ${quoted(title)}
number: ${key.slice(0, 2).toUpperCase()}-{yyyyMM}-{seq:4}
summary: "{申请人} {事由}"
fields:
  - {key: applicant, label: 申请人, type: member, default: 我, readonly: true}
  - {key: happened_on, label: 日期, type: date, required: true, default: 今天}
  - {key: reason, label: 事由, type: text, required: true, max: 100}
  - {key: amount, label: 金额, type: money, min: 0}
`

const flowStart = (key: string, title: string, source: Source): string => `flow: ${key}
title: ${quoted(title)}
form: ${source.key}
steps:
  - approve: 直属上级
    who: {manager: 1}
    nobody: {department_head: true}
  - copy: {who: [发起人]}
`

const ruleStart = (key: string, title: string, source: Source): string => `rule: ${key}
title: ${quoted(title)}
when: {absence: 跟进表单的标识, of: ${source.key}, days: 30}
then:
  - remind:
      who: ${labelOf(source, 'member') || '人员字段'}
      text: ${JSON.stringify(`${title}，已 {天数} 天`)}
      buttons:
        - {text: 延期 7 天, snooze: 7}
`

function reportStart(key: string, title: string, source: Source): string {
  const money = labelOf(source, 'money', 'number')
  const day = labelOf(source, 'date')
  const group = labelOf(source, 'select', 'member', 'text') || '分组字段'
  return `report: ${key}
title: ${quoted(title)}
source: ${source.key}
measures: [${money ? `{sum: ${money}, label: ${money}}` : '{count: true, label: 单数}'}]
by: [${day ? `{month: ${day}}` : group}]
chart: bar
`
}

const aggregateStart = (key: string, title: string, source: Source): string => `aggregate: ${key}
title: ${quoted(title)}
keys: [{key: item, label: ${labelOf(source, 'link') || labelOf(source, 'text', 'select') || '分组字段'}}]
measures: [{key: total, label: 合计, decimals: 2}]
from:
  - form: ${source.key}
    by: {item: ${labelOf(source, 'link') || labelOf(source, 'text', 'select') || '分组字段'}}
    add: {total: ${labelOf(source, 'money', 'number') || 1}}
`

const tableStart = (key: string, title: string, source: Source): string => `table: ${key}
title: ${quoted(title)}
of: ${source.key}
hit: unique
inputs: [${labelOf(source, 'money', 'number') || '数字字段'}]
outputs: [{key: result, label: 结果}]
rows:
  - ["< 5000", 经理]
  - [">= 5000", 总经理]
`

const optionsStart = (key: string, title: string): string => `options: ${key}
title: ${quoted(title)}
items:
  - 选项 1
  - 选项 2
`

const authorityStart = (key: string, title: string, source: Source): string => `authority: ${key}
title: ${quoted(title)}
form: ${source.key}
rows:
  - {if: ${labelOf(source, 'money', 'number') || '金额'} <= 5000, who: {manager: 1}}
  - {otherwise: true, who: {department_head: true}}
`

export const kinds: KindInfo[] = [
  { kind: 'form', title: '表单', about: '要填什么、怎么校验、怎么编号', example: '费用报销、采购申请', asks: '', start: formStart },
  { kind: 'options', title: '选项集', about: '几张表单共用的一组选项', example: '付款方式、省份', asks: '', start: optionsStart },
  { kind: 'flow', title: '流程', about: '提交之后谁来审批、按什么条件走', example: '报销审批、合同会签', asks: '审批哪张表单', start: flowStart },
  { kind: 'authority', title: '授权表', about: '多大的事由谁批，流程可以引用', example: '采购授权、付款授权', asks: '管哪张表单', start: authorityStart },
  { kind: 'rule', title: '规则', about: '如果发生什么，那么提醒谁、改什么', example: '30 天未跟进提醒销售', asks: '盯着哪张表单', start: ruleStart },
  { kind: 'report', title: '报表', about: '按什么汇总、画成什么图', example: '月度销售额', asks: '汇总哪张表单', start: reportStart },
  { kind: 'aggregate', title: '聚合表', about: '随单据实时更新的合计，规则和公式里可用', example: '库存台账、信用占用', asks: '从哪张表单汇总', start: aggregateStart },
  { kind: 'table', title: '决策表', about: '按几列条件查出结果，可用表格软件编辑', example: '报价审批级别', asks: '查哪张表单', start: tableStart },
]

export function kindInfo(kind: DefinitionKind): KindInfo {
  return kinds.find((one) => one.kind === kind) ?? kinds[0]
}
