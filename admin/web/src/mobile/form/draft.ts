/**
 * The draft: kept on this device at once, on the server two seconds after the last change.
 * A draft changed elsewhere (409) is the caller's to settle; until then nothing is sent.
 */
import { computed, onScopeDispose, ref, type Ref } from 'vue'
import { ApiError, get, post, put } from '../../shared/api'
import { clockNow } from '../../shared/dates'
import type { Draft, Form, Page, Row } from '../../shared/schema'
import { forgetCopy, keepCopy, newId, readCopy } from './copies'
import { copy, typed } from './values'

const SAVE_AFTER = 2000
const KEEP_AFTER = 250 // a big sub-table is too much to write at every key
const RETRY_AFTER = 15000

export type SaveState = 'clean' | 'dirty' | 'saving' | 'saved' | 'offline' | 'conflict'

export interface Submitted {
  number: string
  message: string
  record_id: string
}

/** `behalf`: for whom it is filled in, where the person may start for others. */
export function useDraft(form: Form, opened: Draft, values: Row, behalf?: Ref<string>) {
  const state = ref<SaveState>('clean')
  const savedAt = ref('')
  const theirs = ref<{ revision: number; values: Row } | null>(null)
  const started = readCopy(opened.id)
  let revision = opened.revision
  let clientId = (started && started.clientId) || newId()
  let timer = 0
  let keeping = 0
  let sending: Promise<void> | null = null
  let changes = 0
  let settled = false

  const body = () => ({ revision, values: typed(form.fields, values), ...(behalf ? { on_behalf: behalf.value } : {}) })

  function keep(): void {
    window.clearTimeout(keeping)
    keeping = 0
    keepCopy(opened.id, { revision, values: copy(values), clientId, at: Date.now() })
  }

  function forget(): void {
    window.clearTimeout(keeping)
    keeping = 0
    forgetCopy(opened.id)
  }

  /** Call after every change a person made. */
  function touch(): void {
    if (settled) return
    changes += 1
    if (!keeping) keeping = window.setTimeout(keep, KEEP_AFTER)
    if (state.value === 'conflict') return
    state.value = 'dirty'
    wait(SAVE_AFTER)
  }

  function wait(delay: number): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void save(), delay)
  }

  /** Send what is new; at most one request at a time. Never throws. */
  async function save(): Promise<void> {
    window.clearTimeout(timer)
    if (sending) await sending
    if (settled || state.value === 'clean' || state.value === 'saved' || state.value === 'conflict') return
    sending = send()
    await sending
    sending = null
  }

  async function send(): Promise<void> {
    const before = changes
    state.value = 'saving'
    try {
      const answer = await put<{ revision: number }>(`/h5/api/draft/${encodeURIComponent(opened.id)}`, body())
      revision = answer.revision
      savedAt.value = clockNow()
      if (changes === before) {
        state.value = 'saved'
        forget()
      } else {
        state.value = 'dirty'
        keep()
        wait(SAVE_AFTER)
      }
    } catch (error) {
      failed(error)
    }
  }

  function failed(error: unknown): void {
    if (error instanceof ApiError && error.status === 409 && error.body.draft) {
      state.value = 'conflict'
      theirs.value = error.body.draft as { revision: number; values: Row }
      return
    }
    state.value = 'offline' // kept on this device
    keep()
    if (!(error instanceof ApiError) || error.offline || error.status >= 500) wait(RETRY_AFTER)
  }

  /** Settle a conflict: with `mine` this page's values win, else the caller has taken over `theirs`. */
  function settle(mine: boolean): void {
    if (theirs.value) revision = theirs.value.revision
    theirs.value = null
    state.value = mine ? 'dirty' : 'saved'
    if (mine) {
      keep()
      wait(0)
    } else {
      savedAt.value = clockNow()
      forget()
    }
  }

  /** What another device put into the draft; null while something of this page waits, or nothing came. */
  async function pull(handle: string): Promise<Row | null> {
    await save()
    if (state.value !== 'saved' && state.value !== 'clean') return null
    const page = await get<Page>(`/h5/api/open/${encodeURIComponent(handle)}`).catch(() => null)
    if (!page || page.kind !== 'form' || page.draft.revision === revision) return null
    revision = page.draft.revision
    savedAt.value = clockNow()
    return page.draft.values
  }

  /** Hand the form in. The same id goes with every try whose answer was lost, so two taps are one record. */
  async function submit(picks: Record<string, string[]> = {}): Promise<Submitted> {
    window.clearTimeout(timer)
    if (sending) await sending
    try {
      const url = `/h5/api/draft/${encodeURIComponent(opened.id)}/submit`
      const answer = await post<Submitted>(url, { ...body(), client_id: clientId, ...(Object.keys(picks).length ? { picks } : {}) })
      settled = true
      forget()
      return answer
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) failed(error)
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) clientId = newId()
      keep()
      if (state.value === 'dirty') wait(SAVE_AFTER)
      throw error
    }
  }

  const leaving = () => {
    if (document.visibilityState !== 'hidden') return
    if (keeping) keep()
    void save()
  }
  const online = () => void (state.value === 'offline' && save())
  document.addEventListener('visibilitychange', leaving)
  window.addEventListener('online', online)
  onScopeDispose(() => {
    if (keeping) keep()
    window.clearTimeout(timer)
    document.removeEventListener('visibilitychange', leaving)
    window.removeEventListener('online', online)
  })

  const unsaved = computed(() => state.value === 'dirty' || state.value === 'saving' || state.value === 'offline')
  return { state, savedAt, theirs, unsaved, touch, save, settle, pull, submit, started }
}
