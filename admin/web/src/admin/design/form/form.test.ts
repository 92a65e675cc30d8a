import { describe, expect, it } from 'vitest'
import type { Value } from '../yaml/document'
import { changesOf } from '../yaml/difference'
import { applied, equal } from '../yaml/edit'
import type { Json } from '../yaml/emit'
import { parsed, printed } from './condition'
import { fromLines, shortened } from './editors/options'
import { numberOf, pieces, ruleOf } from './editors/serial'
import { useHistory } from './history'
import { renamed, renaming } from './rename'

const NAMES = ['金额', '合计金额', '等级', '公海', '客户.等级', '日期', '是否加急']

describe('conditions as rows', () => {
  it.each([
    '金额 > 5000',
    '等级 属于 ["A", "B"] 且 公海 == 否',
    '金额 > 5000 或 (等级 == "A" 且 公海 == 否)',
    '日期 < 今天 且 客户.等级 不为空',
    '合计金额 >= 0.5 且 是否加急 == 是',
  ])('%s is read and written the same', (text) => {
    expect(printed(parsed(text, NAMES)!)).toBe(text)
  })

  it('reads what people write and writes it the usual way', () => {
    expect(printed(parsed('金额大于5000并且等级等于"A"', NAMES)!)).toBe('金额 > 5000 且 等级 == "A"')
    expect(printed(parsed('金额≥1万 or 公海为空', NAMES)!)).toBe('金额 >= 1万 或 公海 为空')
  })

  it.each(['SUM(明细.金额) > 5', '金额 + 1 > 2', '金额 > 1 且 等级 == "A" 或 公海 == 是', '金额 >', '(金额 > 1', '不认识 > 1'])('%s is left to the text', (text) => {
    expect(parsed(text, NAMES)).toBeNull()
  })

  it('leaves out what is not finished', () => {
    expect(printed({ join: '且', parts: [{ name: '金额', op: '>', value: '' }, { name: '等级', op: '为空', value: '' }] })).toBe('等级 为空')
  })
})

describe('renaming', () => {
  it('means whole names and leaves texts alone', () => {
    expect(renamed('金额 + 合计金额 + LEN("金额")', '金额', '报销额', NAMES)).toBe('报销额 + 合计金额 + LEN("金额")')
  })

  it('goes through formulas, conditions, templates and references', () => {
    const form = {
      form: 'x',
      title: '金额',
      summary: '{金额} 元',
      fields: [
        { key: 'a', label: '金额', type: 'money' },
        { key: 'b', label: '税', type: 'money', formula: '金额 * 0.1', visible_if: '金额 > 0', help: '金额的税' },
      ],
      checks: [{ if: '金额 < 0', say: '金额不对' }],
      unique: [{ fields: ['金额', '税'] }],
    } as unknown as Value
    const paths = renaming(form, '金额', '报销额', ['金额', 'a', '税', 'b']).map((one) => ('path' in one ? one.path.join('.') : ''))
    expect(paths).toEqual(['summary', 'fields.1.formula', 'fields.1.visible_if', 'checks.0.if', 'unique.0.fields.0'])
  })
})

describe('serial rules', () => {
  it.each(['HT-{yyyyMM}-{seq:4}', '{seq:6}', 'P{yyyyMMdd}{产线}-{seq:3}'])('%s comes apart and together', (rule) => {
    expect(ruleOf(pieces(rule))).toBe(rule)
  })
  it('shows the first number', () => {
    expect(numberOf(pieces('P{yyMM}-{产线}-{seq:3}'), new Date(2026, 10, 24))).toBe('P2611-〈产线〉-001')
  })
})

describe('options', () => {
  it('are plain texts where they say nothing more', () => {
    expect([{ value: 'A' }, { value: 'A', text: 'A' }, { value: 'A', text: '甲' }, { value: 'A', color: 'red' }].map(shortened)).toEqual(['A', 'A', { value: 'A', text: '甲' }, { value: 'A', color: 'red' }])
  })
  it('pasted by lines keep what they had', () => {
    expect(fromLines('乙\n甲\t3\n\n乙', [{ value: '甲', color: 'red' }])).toEqual([{ value: '乙' }, { value: '甲', color: 'red' }])
  })
})

describe('history', () => {
  it('merges what is typed quickly and goes back and forth', () => {
    let now = 0
    const history = useHistory(() => now)
    history.note('a', 'label')
    now = 300
    history.note('ab', 'label')
    now = 2000
    history.note('abc', 'label')
    expect(history.undo('abcd')).toBe('abc')
    expect(history.undo('abc')).toBe('a')
    expect(history.undo('a')).toBeNull()
    expect(history.redo('a')).toBe('abc')
    expect(history.canRedo.value).toBe(true)
  })
})

describe('differences', () => {
  const cases: [Json, Json, string][] = [
    [['A', 'B', 'C'], ['A', 'C'], 'remove'],
    [['A', 'B'], ['A', 'X', 'B'], 'insert'],
    [['A', 'B', 'C'], ['C', 'A', 'B'], 'move'],
    [[{ if: 'a', say: 'b' }], [{ if: 'c', say: 'b' }], 'set'],
    [[{ if: 'a' }, { if: 'b' }], [{ if: 'a' }, { if: 'b' }, { if: 'c', say: 'd' }], 'insert'],
    [{ a: 1, b: [1] }, { a: 1, b: [2], c: 3 }, 'set'],
  ]
  it.each(cases)('%j → %j', (before, after, kind) => {
    const changes = changesOf(['it'], before, after)
    expect(changes.map((one) => one.do)).toContain(kind)
    expect(equal(changes.reduce<Value>((value, one) => applied(value, one), { it: before }), { it: after })).toBe(true)
  })
})
