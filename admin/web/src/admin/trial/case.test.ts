import { expect, test } from 'vitest'
import { caseText, withCase } from './caseText'
import type { Trial } from './contract'

const walk = { title: '报销', state: 'approved', state_text: '已通过', path: [{ 直属上级: ['王强'] }] } as unknown as Trial

test('a walk becomes the lines of a case', () => {
  const lines = caseText('li', { total: '6000', memo: null }, {}, [{ say: 'return', step: '直属上级', to: 'initiator', back: 'straight' }], walk, null)
  expect(lines).toContain('by: li')
  expect(lines).toContain('values: {"total":"6000"}')
  expect(lines).toContain('- {"say":"退回","at":"直属上级","to":"initiator","back":"straight"}')
  expect(lines).toContain('- {"直属上级":["王强"]}')
  expect(lines).toContain('ends: approved')
})

test('a case goes below tests, which is made when it is missing', () => {
  expect(withCase('flow: f\nsteps: []\n', '  - name: a')).toBe('flow: f\nsteps: []\ntests:\n  - name: a\n')
  expect(withCase('flow: f\ntests:\n  - name: b\n', '  - name: a')).toBe('flow: f\ntests:\n  - name: a\n  - name: b\n')
})
