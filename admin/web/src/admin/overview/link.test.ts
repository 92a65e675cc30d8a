import { expect, it } from 'vitest'
import { leadOf } from './link'

it('takes hash links and paths as pages of its own, other addresses as links', () => {
  expect(leadOf('#/instances?state=running')).toEqual({ route: '/instances?state=running', href: null })
  expect(leadOf('/admin#/people')).toEqual({ route: '/people', href: null })
  expect(leadOf('/data')).toEqual({ route: '/data', href: null })
  expect(leadOf('https://example.com/x')).toEqual({ route: null, href: 'https://example.com/x' })
  expect(leadOf(null)).toEqual({ route: null, href: null })
})
