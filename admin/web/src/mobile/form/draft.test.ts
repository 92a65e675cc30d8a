/** A draft survives bad networks: saved after two seconds, kept on the device, handed in once. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { ApiError } from '../../shared/api'
import type { Form, Row } from '../../shared/schema'
import { useDraft } from './draft'

const FORM: Form = {
  key: 'f',
  title: '表单',
  version: 1,
  checks: [],
  fields: [
    { key: 'reason', label: '事由', type: 'text' },
    { key: 'total', label: '合计', type: 'money', formula: {} },
  ],
}

interface Call {
  url: string
  body: { revision: number; values: Row; client_id?: string }
}

let calls: Call[] = []
let answers: (() => Response | Error)[] = []
const json = (status: number, body: object) => () => new Response(JSON.stringify(body), { status })
const down = () => new Error('offline')

function open(values: Row, revision = 3) {
  const scope = effectScope()
  const draft = scope.run(() => useDraft(FORM, { id: 'd1', revision, values, submitted: null }, values))
  if (!draft) throw new Error('no scope')
  return { ...draft, close: () => scope.stop() }
}

beforeEach(() => {
  vi.useFakeTimers()
  calls = []
  answers = []
  const kept = new Map<string, string>()
  const page = new EventTarget() as unknown as Record<string, unknown>
  vi.stubGlobal('window', Object.assign(page, { setTimeout, clearTimeout }))
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    calls.push({ url, body: JSON.parse(String(init.body)) as Call['body'] })
    const answer = (answers.shift() || json(200, { revision: 4 }))()
    if (answer instanceof Error) throw answer
    return answer
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('autosave', () => {
  it('sends once, two seconds after the last change, without computed fields', async () => {
    const values: Row = { reason: '', total: '1' }
    const draft = open(values)
    values.reason = '拜访'
    draft.touch()
    await vi.advanceTimersByTimeAsync(1500)
    values.reason = '拜访鸿达'
    draft.touch()
    await vi.advanceTimersByTimeAsync(1900)
    expect(calls).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(calls.map((call) => call.body)).toEqual([{ revision: 3, values: { reason: '拜访鸿达' } }])
    expect(draft.state.value).toBe('saved')
    draft.close()
  })

  it('keeps on the device what could not be sent, and hands it to the next visit', async () => {
    const values: Row = { reason: '离线写的' }
    answers = [down]
    const draft = open(values)
    draft.touch()
    await vi.advanceTimersByTimeAsync(2100)
    expect(draft.state.value).toBe('offline')
    draft.close()
    const again = open({ reason: '' })
    expect(again.started?.values).toEqual({ reason: '离线写的' })
    again.close()
  })

  it('tries again by itself when the server was away', async () => {
    answers = [json(502, {})]
    const draft = open({ reason: '事由' })
    draft.touch()
    await vi.advanceTimersByTimeAsync(2100)
    expect(draft.state.value).toBe('offline')
    await vi.advanceTimersByTimeAsync(15100)
    expect(draft.state.value).toBe('saved')
    expect(draft.started).toBeNull()
    draft.close()
  })

  it('stops at a draft changed elsewhere until somebody chooses', async () => {
    const values: Row = { reason: '我的' }
    answers = [json(409, { code: 'conflict', draft: { revision: 9, values: { reason: '那边的' } } })]
    const draft = open(values)
    draft.touch()
    await vi.advanceTimersByTimeAsync(2100)
    expect(draft.state.value).toBe('conflict')
    draft.touch()
    await vi.advanceTimersByTimeAsync(60000)
    expect(calls.length).toBe(1)
    draft.settle(true)
    await vi.advanceTimersByTimeAsync(100)
    expect(calls[1].body).toEqual({ revision: 9, values: { reason: '我的' } })
    draft.close()
  })
})

describe('handing in', () => {
  const ids = () => calls.map((call) => call.body.client_id)

  it('uses one id for every try whose answer was lost, also after a reload', async () => {
    answers = [down, down, json(200, { number: 'BX-1', message: '', record_id: 'r1' })]
    const draft = open({ reason: '事由' })
    await expect(draft.submit()).rejects.toBeInstanceOf(ApiError)
    await expect(draft.submit()).rejects.toBeInstanceOf(ApiError)
    draft.close()
    const again = open({ reason: '事由' })
    expect((await again.submit()).number).toBe('BX-1')
    expect(new Set(ids()).size).toBe(1)
    again.close()
  })

  it('takes a new id once the server has refused, and saves what is corrected', async () => {
    const values: Row = { reason: '短' }
    answers = [json(422, { code: 'invalid', problems: [{ path: 'reason', message: '太短' }] })]
    const draft = open(values)
    const error = await draft.submit().catch((one: ApiError) => one)
    expect((error as ApiError).problems).toEqual([{ path: 'reason', message: '太短' }])
    answers = [json(200, { number: 'BX-2', message: '', record_id: 'r2' })]
    await draft.submit()
    expect(new Set(ids()).size).toBe(2)
    draft.touch()
    await vi.advanceTimersByTimeAsync(5000)
    expect(calls.length).toBe(2)
    draft.close()
  })
})
