import { Text } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import type { Card, CardInput } from '../contract'
import { drawnOn, fitsWecom } from './drawn'
import { diagnosticsOf, matching, offsetOf } from './editorSetup'
import { kinds } from './kinds'
import { wecomLimits } from './limits'
import { lineDiff } from './textDiff'

const input = (more: Partial<CardInput>): CardInput => ({ key: 'way', label: '付款方式', kind: 'select', required: true, options: ['转账', '现金'], value: '转账', ...more })
const card = (more: Partial<Card> = {}): Card => ({ title: '费用报销', tone: 'open', body: '', fields: [], inputs: [], submit: null, buttons: [], note: '', ...more })

describe('completion', () => {
  const names = [
    { insert: '合计', label: 'total', detail: '金额字段' },
    { insert: 'required', label: '必填', detail: '' },
  ]

  it('finds a name by what is inserted and by its label', () => {
    expect(matching(names, 'tot').names[0].insert).toBe('合计')
    expect(matching(names, '必').names[0].insert).toBe('required')
  })

  it('tries shorter endings, because Chinese has no spaces between words', () => {
    expect(matching(names, '如果合')).toEqual({ names: [names[0]], skip: 2 })
    expect(matching(names, '没有的').names).toEqual([])
  })
})

describe('problems in the text', () => {
  const text = Text.of(['form: a', 'title: 报销', ''])

  it('counts from 1 and marks the word at the place', () => {
    const [mark] = diagnosticsOf(text, [{ line: 2, column: 8, path: 'title', message: '太短', level: 'warning' }])
    expect(text.sliceString(mark.from, mark.to)).toBe('报销')
  })

  it('pulls places outside the text inside', () => {
    expect(offsetOf(text, 99, 99)).toBe(text.length)
    expect(offsetOf(text, 0, 0)).toBe(0)
  })
})

describe('a card on either client', () => {
  it('keeps text inputs in the DingTalk form', () => {
    const drawn = drawnOn('dingtalk', card({ inputs: [input({ kind: 'long_text', options: null })], submit: '提交' }))
    expect(drawn.form?.fields[0].type).toBe('TEXT_AREA')
    expect(drawn.form?.submit).toBe('提交')
  })

  it('shows choices as WeCom selects with the submit button first', () => {
    const drawn = drawnOn('wecom', card({ inputs: [input({})], submit: '提交', buttons: [{ name: 'x', text: '取消', style: 'normal' }] }))
    expect(drawn.selects[0].value).toEqual(['转账'])
    expect(drawn.buttons.map((button) => button.text)).toEqual(['提交', '取消'])
  })

  it('sends people to the page when WeCom has no such input', () => {
    const typed = card({ inputs: [input({ kind: 'text', options: null })], submit: '提交' })
    expect(fitsWecom(typed)).toBe(false)
    expect(drawnOn('wecom', typed).buttons[0].text).toBe('打开填写')
    expect(drawnOn('wecom', typed).selects).toEqual([])
  })

  it('takes four choices or eleven options for too many', () => {
    expect(fitsWecom(card({ inputs: [1, 2, 3, 4].map(() => input({})) }))).toBe(false)
    expect(fitsWecom(card({ inputs: [input({ options: Array.from({ length: 11 }, (_, n) => String(n)) })] }))).toBe(false)
  })

  it('tells what is over the limits of WeCom', () => {
    const drawn = drawnOn('wecom', card({ title: '长'.repeat(27) }))
    expect(wecomLimits(drawn).find((limit) => limit.what === '标题')).toEqual({ what: '标题', used: 27, most: 26 })
  })
})

it('compares two texts line by line', () => {
  expect(lineDiff('a\nb\nc', 'a\nx\nc').map((line) => line.sign + line.text)).toEqual([' a', '-b', '+x', ' c'])
})

it('starts every kind with its own key on the first line', () => {
  for (const info of kinds) expect(info.start('trip', '出差', { key: 'claim', columns: [] }).split('\n')[0]).toBe(`${info.kind}: trip`)
})

it('starts a report with what the form has', () => {
  const column = (label: string, type: string) => ({ key: label, label, type })
  const report = kinds.find((info) => info.kind === 'report')!
  const rich = report.start('r', '月报', { key: 'claim', columns: [column('事由', 'text'), column('日期', 'date'), column('合计', 'money')] })
  expect(rich).toContain('measures: [{sum: 合计, label: 合计}]\nby: [{month: 日期}]')
  expect(report.start('r', '月报', { key: 'claim', columns: [column('事由', 'text')] })).toContain('{count: true, label: 单数}]\nby: [事由]')
})
