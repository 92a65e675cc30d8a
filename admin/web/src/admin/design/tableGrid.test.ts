import { describe, expect, it } from 'vitest'
import { addInput, addOutput, insertRow, moveRow, pasteCells, readCsv, readTabs, removeColumn, removeRow, takeCsv, toCsv, type Grid } from './tableGrid'

const grid = (): Grid => ({
  hit: 'unique',
  collect: '',
  inputs: [{ text: '金额', kind: 'number', options: [] }, { text: '等级', kind: 'text', options: ['A', 'B'] }],
  outputs: [{ key: 'level', label: '级别', type: 'text', values: [] }],
  rows: [['< 10', 'A', '小'], ['>= 10', 'A, B', '大']],
  otherwise: ['无'],
  problems: [],
})

describe('rows', () => {
  it('are inserted, moved and deleted; the last one is emptied', () => {
    const one = grid()
    insertRow(one, 1)
    expect(one.rows[1]).toEqual(['', '', ''])
    expect(moveRow(one, 2, 0)).toBe(true)
    expect(one.rows[0][2]).toBe('大')
    expect(moveRow(one, 0, -1)).toBe(false)
    for (let left = 0; left < 3; left++) removeRow(one, 0)
    expect(one.rows).toEqual([['', '', '']])
  })
  it('take what a spreadsheet holds, further rows are added and further columns left aside', () => {
    const one = grid()
    pasteCells(one, 1, 1, readTabs('B\t中\t多\r\nA\t特大\r\n'))
    expect(one.rows).toEqual([['< 10', 'A', '小'], ['>= 10', 'B', '中'], ['', 'A', '特大']])
  })
})

describe('columns', () => {
  it('come and go with their cells', () => {
    const one = grid()
    addInput(one)
    addOutput(one)
    expect(one.rows[0]).toEqual(['< 10', 'A', '', '小', ''])
    expect([one.outputs[1].key, one.otherwise]).toEqual(['output2', ['无', '']])
    removeColumn(one, 1)
    removeColumn(one, 2)
    expect(one.rows[0]).toEqual(['< 10', '', ''])
    expect([one.inputs.map((input) => input.text), one.otherwise]).toEqual([['金额', ''], ['']])
  })
})

describe('CSV', () => {
  it('goes out and comes back', () => {
    const one = grid()
    one.rows[0][2] = '小 "一"\n级'
    const text = toCsv(one)
    expect(readCsv(text)[1]).toEqual(['< 10', 'A', '小 "一"\n级'])
    const other = grid()
    expect(takeCsv(other, text)).toBe('')
    expect(other.rows).toEqual(one.rows)
  })
  it('says what does not fit', () => {
    expect(takeCsv(grid(), '金额,级别\r\n1,2\r\n')).toBe('第一行要是：金额，等级，→级别')
    expect(takeCsv(grid(), '金额,等级,→级别\r\n1,2\r\n')).toBe('第 2 行有 2 格，要 3 格')
  })
})
