import { afterEach, describe, expect, it } from 'vitest'
import { setZone, showInstant } from '../../shared/dates'
import { dayOf, fromLocal, toLocal } from './moments'

afterEach(() => setZone('Asia/Shanghai'))

describe('instants and wall clocks', () => {
  it('go there and back in the company zone', () => {
    expect(toLocal('2026-11-24T16:31:00Z')).toBe('2026-11-25T00:31')
    expect(fromLocal('2026-11-25T00:31')).toBe('2026-11-24T16:31:00Z')
    expect(fromLocal('kaputt')).toBe('')
    expect(toLocal('')).toBe('')
  })

  it('know summer time', () => {
    setZone('Europe/Berlin')
    expect(fromLocal('2026-07-01T12:00')).toBe('2026-07-01T10:00:00Z')
    expect(fromLocal('2026-12-01T12:00')).toBe('2026-12-01T11:00:00Z')
    for (const local of ['2026-03-29T01:59', '2026-03-29T03:00', '2026-10-25T03:30']) expect(toLocal(fromLocal(local))).toBe(local)
  })

  it('move by whole days', () => {
    const now = new Date('2026-11-24T16:31:00Z')
    expect([dayOf(now), dayOf(now, -1)]).toEqual(['2026-11-25', '2026-11-24'])
  })

  it('are shown as people read them', () => {
    const now = new Date('2026-11-24T04:00:00Z')
    const shown = ['2026-11-24T02:31:00Z', '2026-11-23T02:31:00Z', '2026-01-02T02:31:00Z', '2025-11-24T02:31:00Z', 'bald']
    expect(shown.map((one) => showInstant(one, now))).toEqual(['今天 10:31', '昨天 10:31', '01-02 10:31', '2025-11-24 10:31', 'bald'])
  })
})
