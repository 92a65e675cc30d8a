import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formIn, type Path } from './document'
import { edited, equal, type Change } from './edit'
import type { Json } from './emit'

const SUITES = join(__dirname, '../../../../../../suites')
const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => (statSync(join(folder, name)).isDirectory() ? files(join(folder, name)) : name.endsWith('.yaml') ? [join(folder, name)] : []))

interface Suite {
  key: string
  text: string
}
/** Every form of every suite. */
const forms: Suite[] = files(SUITES).flatMap((file) =>
  readFileSync(file, 'utf-8').split(/^---\n/m).flatMap((text) => [.../^form: (\w+)$/gm.exec(text) ?? []].slice(1).map((key) => ({ key, text })).filter((one) => formIn(text, one.key)?.value.form === one.key)),
)

function change(suite: Suite, next: Change): string {
  const text = edited(suite.text, suite.key, next)
  if (text === null) throw new Error(`${suite.key}: ${JSON.stringify(next)}`)
  return text
}

/** Numbers of the lines (from 0) that two texts of the same length differ in. */
function differing(a: string, b: string): number[] {
  const [left, right] = [a.split('\n'), b.split('\n')]
  return left.map((_, index) => index).filter((index) => left[index] !== right[index])
}

function paths(suite: Suite): Path[] {
  const fields = (formIn(suite.text, suite.key)?.value.fields ?? []) as { fields?: Json[] }[]
  return fields.flatMap((field, index) => [['fields', index], ...(field.fields ?? []).map((_, column): Path => ['fields', index, 'fields', column])])
}

describe('every form of the suites', () => {
  it('is there', () => {
    expect(forms.length).toBeGreaterThan(20)
  })

  it.each(forms)('$key: a new label changes one line, and back again is the same byte for byte', (suite) => {
    for (const path of paths(suite)) {
      const label = formIn(suite.text, suite.key)!.document.getIn([...path, 'label']) as string
      const other = change(suite, { do: 'set', path: [...path, 'label'], value: `${label}甲` })
      expect(differing(suite.text, other)).toHaveLength(1)
      expect(change({ ...suite, text: other }, { do: 'set', path: [...path, 'label'], value: label })).toBe(suite.text)
    }
  })

  it.each(forms)('$key: a property put in and taken out leaves nothing behind', (suite) => {
    for (const path of paths(suite)) {
      const found = formIn(suite.text, suite.key)!.document.getIn(path) as { has: (key: string) => boolean }
      if (found.has('help')) continue
      const more = change(suite, { do: 'set', path: [...path, 'help'], value: '一' })
      const lines = more.split('\n').length - suite.text.split('\n').length
      if (lines > 1) continue // the field became too long for one line and stands in several now
      expect(change({ ...suite, text: more }, { do: 'set', path: [...path, 'help'], value: undefined })).toBe(suite.text)
    }
  })

  it.each(forms)('$key: a field put in anywhere and taken out, moved down and up', (suite) => {
    const lists: [Path, number][] = [[['fields'], (formIn(suite.text, suite.key)!.value.fields as Json[]).length]]
    for (const [path, length] of lists) {
      for (const index of [0, length >> 1, length]) {
        const value = { key: 'brand_new', label: '新', type: 'text' }
        const more = change(suite, { do: 'insert', path, index, value })
        expect(more.split('\n').length).toBe(suite.text.split('\n').length + 1)
        expect(change({ ...suite, text: more }, { do: 'remove', path, index })).toBe(suite.text)
      }
      for (const index of new Set([0, length >> 1, length - 2].filter((one) => one >= 0 && one + 1 < length))) {
        const down = change(suite, { do: 'move', from: path, index, to: path, at: index + 1 })
        expect(down).not.toBe(suite.text)
        expect(change({ ...suite, text: down }, { do: 'move', from: path, index: index + 1, to: path, at: index })).toBe(suite.text)
      }
    }
  })
})

const FORM = `# 说明
form: demo
title: 演示   # 尾注
fields:
  # 第一个
  - {key: a, label: 甲, type: text}  # 留着
  - key: items
    label: 明细
    type: subtable
    fields:
      - {key: qty, label: 数量, type: number}
      # 价
      - {key: p, label: 单价, type: money}
`
const demo = { key: 'demo', text: FORM }

describe('the writing', () => {
  it('keeps comments where they are', () => {
    expect(change(demo, { do: 'set', path: ['fields', 0, 'required'], value: true })).toBe(FORM.replace('type: text}', 'type: text, required: true}'))
    expect(change(demo, { do: 'set', path: ['title'], value: '改名' })).toBe(FORM.replace('演示 ', '改名 '))
  })

  it('writes a long field in lines of its own', () => {
    const text = change(demo, { do: 'set', path: ['fields', 1, 'fields', 0, 'options'], value: [{ value: 'A', color: 'red' }, { value: 'B', color: 'green' }] })
    expect(text).toContain('      - key: qty\n        label: 数量\n        type: number\n        options:\n          - {value: A, color: red}\n          - {value: B, color: green}\n')
    expect(text).toContain('# 价')
  })

  it('moves a column out of its sub-table with its comment', () => {
    const text = change(demo, { do: 'move', from: ['fields', 1, 'fields'], index: 1, to: ['fields'], at: 1 })
    expect(text).toContain('  # 留着\n  # 价\n  - {key: p, label: 单价, type: money}\n  - key: items')
  })

  it('puts what could be taken for something else in quotes', () => {
    for (const value of ['是', 'yes', '007', '=今天', 'a: b', '# x', '{单号}', '他说"好"', "it's", '多行\n文字', '2026-01-01', '- x', ' 空格', '1e3', 'IF(a > 1, "x", "y")', '']) {
      for (const path of [['title'], ['fields', 0, 'help'], ['fields', 1, 'help']] as Path[]) {
        const text = change(demo, { do: 'set', path, value })
        expect(formIn(text, 'demo')!.document.getIn(path)).toBe(value)
      }
    }
  })

  it('takes away a key on any line', () => {
    const more = change(demo, { do: 'set', path: ['checks'], value: [{ if: '甲 == "x"', say: '不行' }] })
    expect(more).toBe(`${FORM}checks:\n  - {if: 甲 == "x", say: 不行}\n`)
    expect(change({ ...demo, text: more }, { do: 'set', path: ['checks'], value: undefined })).toBe(FORM)
  })

  it('touches one definition of several in a text', () => {
    const two = `${FORM}---\nform: other\ntitle: 另一张\nfields: [{key: a, label: 甲, type: text}]\n`
    expect(edited(two, 'other', { do: 'set', path: ['title'], value: '乙' })).toBe(two.replace('另一张', '乙'))
    expect(edited(two, 'demo', { do: 'set', path: ['fields', 0, 'label'], value: '乙' })).toBe(two.replace('甲', '乙'))
  })

  it('says no to a text that cannot be read', () => {
    expect(edited('form: [', 'x', { do: 'set', path: ['title'], value: 'x' })).toBeNull()
    expect(equal({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true)
  })
})
