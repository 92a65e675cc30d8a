import { describe, expect, it } from 'vitest'
import { cleanNumber, compare, isNumber, round, showNumber, sum } from './decimal'

describe('decimal text', () => {
  it('sums exactly where floating point does not', () => {
    expect(sum(['0.1', '0.2'])).toBe('0.3')
    expect(sum(['9007199254740993', '0.01'])).toBe('9007199254740993.01')
    expect(sum(['-0.05', '0.02', ''])).toBe('-0.03')
    expect(sum([])).toBe('0')
  })

  it('reads what thumbs and clipboards bring', () => {
    expect(cleanNumber('１，２３４．５０ 元')).toBe('1234.50')
    expect(cleanNumber('¥86。5')).toBe('86.5')
  })

  it('knows a number from what is none', () => {
    expect(['1', '-1.5', '.5', '5.', '0'].every(isNumber)).toBe(true)
    expect(['', '.', '-', '1.2.3', '1e5', '一'].some(isNumber)).toBe(false)
  })

  it('compares across different numbers of places', () => {
    expect(compare('0.10', '0.1')).toBe(0)
    expect(compare('10', '9.99')).toBe(1)
    expect(compare('-1', '0')).toBe(-1)
  })

  it('rounds half away from zero and leaves shorter numbers alone', () => {
    expect(round('0.125', 2)).toBe('0.13')
    expect(round('-0.125', 2)).toBe('-0.13')
    expect(round('0.1249', 2)).toBe('0.12')
    expect(round('2.5', 0)).toBe('3')
    expect(round('7', 2)).toBe('7')
  })

  it('shows thousands and fills places, and never cuts', () => {
    expect(showNumber('1234567.5', 2)).toBe('1,234,567.50')
    expect(showNumber('0.12345', 2)).toBe('0.12345')
    expect(showNumber('-1000', 0)).toBe('-1,000')
    expect(showNumber('abc', 2)).toBe('abc')
  })
})
