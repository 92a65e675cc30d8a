import { describe, expect, it } from 'vitest'
import type { Field, Form, Row, Tree } from '../../shared/schema'
import { problemsOf } from './check'
import { isVisible } from './formula'
import { graphOf } from './graph'
import { recalculateAll } from './recalculate'

const field = (key: string, type: Field['type'], more: Partial<Field> = {}): Field => ({ key, label: key, type, ...more })
const form = (...fields: Field[]): Form => ({ key: 'f', title: '表单', version: 1, fields, checks: [] })
const paths = (checked: Form, values: Row) => problemsOf(checked, values).map((problem) => problem.path)

const tree = (root: object): Tree => ({ version: 1, kind: 'any', browser: true, root })
const named = (path: string[], kind: string, each = false) => ({ op: 'field', kind, path, each, label: path[0] })
const over = (key: string, limit: string): Tree =>
  tree({ op: 'gt', kind: 'bool', args: [named([key], 'number'), { op: 'const', kind: 'number', value: limit }] })
const total: Tree = tree({
  op: 'gather',
  kind: 'number',
  fn: 'sum',
  source: named(['items'], 'rows'),
  body: named(['amount'], 'number', true),
  where: null,
})
const product: Tree = tree({ op: 'mul', kind: 'number', args: [named(['n'], 'number'), named(['price'], 'number')] })

describe('what the page says before the server does', () => {
  it('names the row and the column of a sub-table', () => {
    const items = field('items', 'subtable', { fields: [field('amount', 'money', { required: true, min: '0.01' })] })
    expect(paths(form(items), { items: [{ amount: '5' }, { amount: null }, { amount: '0' }] })).toEqual(['items.1.amount', 'items.2.amount'])
  })

  it('wants the least number of rows, and not more than the most', () => {
    const items = field('items', 'subtable', { rows: [1, 2], fields: [] })
    expect(paths(form(items), { items: [] })).toEqual(['items'])
    expect(paths(form(items), { items: [{}, {}, {}] })).toEqual(['items'])
    expect(paths(form(items), { items: [{}] })).toEqual([])
  })

  it('compares amounts exactly and counts decimal places', () => {
    const money = field('m', 'money', { min: '0.1', max: '99999999999999999.99' })
    expect(paths(form(money), { m: '0.09' })).toEqual(['m'])
    expect(paths(form(money), { m: '99999999999999999.99' })).toEqual([])
    expect(paths(form(money), { m: '1.005' })).toEqual(['m'])
    expect(paths(form(money), { m: '1.2.3' })).toEqual(['m'])
  })

  it('asks for a field that a condition makes required, and not for a hidden one', () => {
    const invoice = field('invoice', 'attachment', { required_if: over('sum', '500') })
    const secret = field('secret', 'text', { required: true, visible_if: over('sum', '1000') })
    expect(paths(form(invoice, secret), { sum: '600', invoice: [] })).toEqual(['invoice'])
    expect(paths(form(invoice, secret), { sum: '500', invoice: [] })).toEqual([])
    expect(isVisible(secret, { sum: '1000.01' })).toBe(true)
  })

  it('never asks for what is computed or read-only', () => {
    expect(paths(form(field('a', 'text', { required: true, readonly: true }), field('b', 'money', { required: true, formula: total })), {})).toEqual([])
  })
})

const recompute = (checked: Form, values: Row) => recalculateAll(graphOf(checked), values)

describe('live formulas', () => {
  const line = [field('n', 'number'), field('price', 'money'), field('amount', 'money', { formula: product })]
  const order = form(field('total', 'money', { formula: total }), field('items', 'subtable', { fields: line }))

  it('computes rows first, then the form, rounded to the places of the field', () => {
    const values: Row = { items: [{ n: '3', price: '0.335' }, { n: '1', price: '10' }], total: null }
    recompute(order, values)
    expect((values.items as Row[]).map((row) => row.amount)).toEqual(['1.01', '10'])
    expect(values.total).toBe('11.01')
  })

  it('leaves what the server alone can compute as it is', () => {
    const values: Row = { who: '李明' }
    recompute(form(field('who', 'text', { formula: { ...tree({ op: 'search', kind: 'text' }), browser: false } })), values)
    expect(values.who).toBe('李明')
  })
})
