/** Loading from the server as state: value, loading, error sentence; late answers of older calls are dropped. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError, get } from '../shared/api'

export interface Failure {
  message: string
  hint: string
  requestId: string
  status: number
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) {
    return { message: error.message, hint: error.hint, requestId: error.requestId, status: error.status }
  }
  return { message: '页面出错了，请刷新后再试', hint: String(error), requestId: '', status: -1 }
}

export function sentence(error: unknown): string {
  const { message, hint } = failureOf(error)
  return hint ? `${message}（${hint}）` : message
}

export interface Resource<T> {
  value: ShallowRef<T | null>
  loading: Ref<boolean>
  failure: Ref<Failure | null>
  load: () => Promise<void>
}

/** `url` is asked again at every load, so it may depend on filters. */
export function useResource<T>(url: () => string): Resource<T> {
  const value = shallowRef<T | null>(null) as ShallowRef<T | null>
  const loading = ref(false)
  const failure = ref<Failure | null>(null)
  let turn = 0

  async function load(): Promise<void> {
    const mine = ++turn
    loading.value = true
    failure.value = null
    try {
      const answer = await get<T>(url())
      if (mine === turn) value.value = answer
    } catch (error) {
      if (mine === turn) failure.value = failureOf(error)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  void load()
  return { value, loading, failure, load }
}

interface Page<R> {
  rows: R[]
  next: string | null
}

export interface Paged<R, P extends Page<R>> {
  first: ShallowRef<P | null>
  rows: ShallowRef<R[]>
  next: Ref<string | null>
  loading: Ref<boolean>
  loadingMore: Ref<boolean>
  failure: Ref<Failure | null>
  load: () => Promise<void>
  more: () => Promise<void>
}

/** A list with a cursor: `load` starts over, `more` appends the next page. */
export function usePaged<R, P extends Page<R>>(url: (cursor: string) => string): Paged<R, P> {
  const first = shallowRef<P | null>(null) as ShallowRef<P | null>
  const rows = shallowRef<R[]>([]) as ShallowRef<R[]>
  const next = ref<string | null>(null)
  const loading = ref(false)
  const loadingMore = ref(false)
  const failure = ref<Failure | null>(null)
  let turn = 0

  async function fetchPage(cursor: string, busy: Ref<boolean>): Promise<void> {
    const mine = ++turn
    busy.value = true
    failure.value = null
    try {
      const page = await get<P>(url(cursor))
      if (mine !== turn) return
      if (!cursor) first.value = page
      rows.value = cursor ? [...rows.value, ...page.rows] : page.rows
      next.value = page.next
    } catch (error) {
      if (mine === turn) failure.value = failureOf(error)
    } finally {
      if (mine === turn) loading.value = loadingMore.value = false
    }
  }

  const load = (): Promise<void> => fetchPage('', loading)
  const more = (): Promise<void> => fetchPage(next.value ?? '', loadingMore)
  void load()
  return { first, rows, next, loading, loadingMore, failure, load, more }
}

/** `query({q: 'a', state: ''})` → `?q=a`; empty values are left out. */
export function query(values: Record<string, string | number>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== '') params.set(name, String(value))
  const text = params.toString()
  return text ? `?${text}` : ''
}
