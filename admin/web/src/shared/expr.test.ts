import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluate, ExpressionError, holds, Num, type Result, type Row, type Scope, type Tree } from './expr'

interface Vector {
  text: string
  tree: Tree
  results: { [row: string]: unknown }
}

const file = new URL('../../../../tests/expressions/vectors.json', import.meta.url)
const shared = JSON.parse(readFileSync(file, 'utf8')) as { scope: Scope; rows: { [name: string]: Row }; vectors: Vector[] }

/** Numbers without trailing zeros, datetimes as instants: 6000.50 is 6000.5. */
function plain(value: unknown, kind: string): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, typeof item === 'string' && Num.of(item) ? 'number' : 'any'))
  if (typeof value !== 'string') return value
  if (kind === 'number') return String((Num.of(value) as Num).trim())
  return kind === 'datetime' ? Date.parse(value) : value
}

function result(tree: Tree, row: Row): unknown {
  try {
    return evaluate(tree, row, shared.scope)
  } catch (error) {
    if (error instanceof ExpressionError) return { error: true }
    throw error
  }
}

describe('the browser says what Python says', () => {
  test.each(shared.vectors.map((vector) => [vector.text, vector] as const))('%s', (_text, vector) => {
    for (const [name, row] of Object.entries(shared.rows)) {
      const kind = vector.tree.kind
      expect([name, plain(result(vector.tree, row), kind)]).toEqual([name, plain(vector.results[name], kind)])
    }
  })
})

describe('exact decimals', () => {
  const cases: [string, string, string, string][] = [
    ['0.1', 'add', '0.2', '0.3'],
    ['1', 'sub', '1.10', '-0.10'],
    ['99999999.99', 'mul', '99999999.99', '9999999998000000.0001'],
    ['1', 'div', '3', '0.3333333333333333333333333333'],
    ['2', 'div', '3', '0.6666666666666666666666666667'],
    ['-1', 'div', '8', '-0.125'],
    ['1000', 'div', '0.001', '1000000'],
  ]
  test.each(cases)('%s %s %s', (a, op, b, answer) => {
    const left = Num.of(a) as Num
    const found = left[op as 'add' | 'sub' | 'mul' | 'div'](Num.of(b) as Num)
    expect(String(found)).toBe(answer)
  })

  test('rounding half away from zero', () => {
    expect(['2.345', '-2.345', '2.344'].map((text) => String((Num.of(text) as Num).round(2, 'half')))).toEqual(['2.35', '-2.35', '2.34'])
  })
})

test('a condition that cannot be worked out does not hold', () => {
  const tree = shared.vectors.find((vector) => vector.text === '公海 == (件数 > 2)' || vector.tree.kind === 'bool')?.tree as Tree
  const broken: Result = holds({ ...tree, browser: false }, {}, shared.scope)
  expect(broken).toBe(false)
})
