import { describe, expect, it } from 'vitest'
import { readable, toExpression, type Line } from './filter'

const FIELDS = [
  { key: 'total', label: '合计', type: 'money' },
  { key: 'reason', label: '事由', type: 'text' },
  { key: 'paid_on', label: '付款日', type: 'date' },
  { key: 'kind', label: '类别', type: 'select' },
]
const expression = (...lines: Line[]) => toExpression(lines, false, FIELDS)

describe('a filter as an expression', () => {
  it('compares by the kind of the field', () => {
    expect(expression({ field: 'total', op: 'gt', value: '5,000' })).toBe('total > 5000')
    expect(expression({ field: 'paid_on', op: 'ge', value: '2026-11-01' })).toBe('paid_on >= DATE("2026-11-01")')
    expect(expression({ field: 'kind', op: 'in', value: '交通，住宿' })).toBe('kind 属于 ["交通", "住宿"]')
  })

  it('quotes what people type', () => {
    expect(expression({ field: 'reason', op: 'has', value: 'a"b\\' })).toBe('reason 包含 "a\\"b\\\\"')
  })

  it('joins whole lines and leaves unfinished ones out', () => {
    const lines: Line[] = [
      { field: 'total', op: 'ge', value: '1' },
      { field: 'reason', op: 'blank', value: '' },
      { field: 'kind', op: 'eq', value: '' },
    ]
    expect(toExpression(lines, true, FIELDS)).toBe('(total >= 1) 或 (ISBLANK(reason))')
    expect(toExpression([], true, FIELDS)).toBe('')
  })

  it('is read with labels, and quoted words stay', () => {
    expect(readable('total > 5 且 reason 包含 "total"', FIELDS)).toBe('合计 > 5 且 事由 包含 "total"')
  })
})
