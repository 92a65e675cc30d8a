import { describe, expect, it } from 'vitest'
import { useProblems } from './problems'

const found = (...paths: string[]) => paths.map((path) => ({ path, message: path }))

describe('problems by path', () => {
  it('go away with the field they belong to, rows and all', () => {
    const { problems, set, clear } = useProblems()
    set(found('items', 'items.0.amount', 'itemship', 'reason'))
    clear('items')
    expect(Object.keys(problems)).toEqual(['itemship', 'reason'])
  })

  it('move up with their rows when one is removed', () => {
    const { problems, set, dropRow } = useProblems()
    set(found('items.0.day', 'items.1.amount', 'items.2.amount', 'items.2.kind', 'reason'))
    dropRow('items', 1)
    expect(Object.keys(problems).sort()).toEqual(['items.0.day', 'items.1.amount', 'items.1.kind', 'reason'])
    expect(problems['items.1.amount']).toBe('items.2.amount')
  })

  it('says all there is to say about one field', () => {
    const { problems, set } = useProblems()
    set([{ path: '', message: '甲' }, { path: '', message: '乙' }])
    expect(problems['']).toBe('甲；乙')
  })
})
