/** A filter built from simple lines, as text of the expression language that the server reads. */
import type { ListField } from '../contract'

export type Op = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'has' | 'in' | 'blank' | 'filled' | 'past'

export interface Line {
  field: string
  op: Op
  value: string
}

const NAMES: Record<Op, string> = {
  eq: '等于',
  ne: '不等于',
  gt: '大于',
  ge: '大于等于',
  lt: '小于',
  le: '小于等于',
  has: '包含',
  in: '是其中之一',
  blank: '为空',
  filled: '不为空',
  past: '最近几天内',
}
const NUMBERS: Op[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'blank', 'filled']
const DATES: Op[] = ['eq', 'ge', 'le', 'past', 'blank', 'filled']
const CHOICES: Op[] = ['eq', 'ne', 'in', 'blank', 'filled']
const TEXTS: Op[] = ['has', 'eq', 'ne', 'blank', 'filled']
const LISTS: Op[] = ['has', 'blank', 'filled']

const isNumber = (type: string): boolean => ['number', 'money', 'rollup'].includes(type)
const isDate = (type: string): boolean => type === 'date' || type === 'datetime'

export function opsOf(type: string): { op: Op; name: string }[] {
  const ops = isNumber(type)
    ? NUMBERS
    : isDate(type)
      ? DATES
      : type === 'switch'
        ? (['eq', 'blank', 'filled'] as Op[])
        : type === 'select'
          ? CHOICES
          : ['multi_select', 'members', 'departments', 'links'].includes(type)
            ? LISTS
            : TEXTS
  return ops.map((op) => ({ op, name: isDate(type) && op === 'ge' ? '不早于' : isDate(type) && op === 'le' ? '不晚于' : NAMES[op] }))
}

export const needsValue = (op: Op): boolean => op !== 'blank' && op !== 'filled'

/** Ready to be asked for: a field is chosen, and a value where one is needed. */
export const isWhole = (line: Line): boolean => !!line.field && (!needsValue(line.op) || line.value.trim() !== '')

/** `金额 > 5000 且 状态 属于 ["A", "B"]`; empty when there is no whole line. */
export function toExpression(lines: readonly Line[], any: boolean, fields: readonly ListField[]): string {
  const parts = lines.filter(isWhole).flatMap((line) => {
    const field = fields.find((one) => one.key === line.field)
    return field ? [part(line, field)] : []
  })
  return parts.length === 1 ? parts[0] : parts.map((one) => `(${one})`).join(any ? ' 或 ' : ' 且 ')
}

const SIGNS: Partial<Record<Op, string>> = { eq: '==', ne: '!=', gt: '>', ge: '>=', lt: '<', le: '<=' }

function part(line: Line, field: ListField): string {
  const name = field.key
  const value = line.value.trim()
  if (line.op === 'blank') return `ISBLANK(${name})`
  if (line.op === 'filled') return `非 ISBLANK(${name})`
  if (line.op === 'past') return `${name} >= 今天 - ${Math.max(0, Math.round(Number(value) || 0))}天`
  if (line.op === 'in') return `${name} 属于 [${value.split(/[,，、]\s*/).filter(Boolean).map(quoted).join(', ')}]`
  if (line.op === 'has') return `${name} 包含 ${quoted(value)}`
  return `${name} ${SIGNS[line.op]} ${literal(field.type, value)}`
}

function literal(type: string, value: string): string {
  if (isNumber(type)) return value.replace(/[,，\s]/g, '')
  if (isDate(type)) return `DATE(${quoted(value)})`
  if (type === 'switch') return value === '是' ? '是' : '否'
  return quoted(value)
}

const quoted = (text: string): string => `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`

/** The expression as people read it: labels in place of keys, outside of quotes. */
export function readable(expression: string, fields: readonly ListField[]): string {
  const labels = new Map(fields.map((field) => [field.key, field.label]))
  return expression.replace(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*/g, (word) => labels.get(word) ?? word)
}
