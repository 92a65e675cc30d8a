/** The draft of one definition: autosaved 2 s after the last change, with a revision so that two editors notice each other. */
import { computed, onBeforeUnmount, ref, type ComputedRef, type Ref } from 'vue'
import { clockNow } from '../../shared/dates'
import { ApiError, del, get, put } from '../../shared/api'
import type { Definition } from '../contract'
import { failureOf, sentence, type Failure } from '../resource'

const QUIET_MS = 2000
const RETRY_MS = 15000

export interface DraftState {
  definition: Ref<Definition | null>
  failure: Ref<Failure | null>
  text: Ref<string>
  unsaved: ComputedRef<boolean>
  conflict: Ref<boolean>
  status: ComputedRef<string>
  load: () => Promise<void>
  change: (text: string) => void
  save: () => Promise<void>
  keepMine: () => Promise<void>
  takeTheirs: () => Promise<void>
  discard: () => Promise<void>
}

export function useDraft(kind: string, key: string): DraftState {
  const url = `/admin/api/definitions/${kind}/${encodeURIComponent(key)}`
  const definition = ref<Definition | null>(null)
  const failure = ref<Failure | null>(null)
  const text = ref('')
  const stored = ref('')
  const revision = ref(0)
  const savedAt = ref('')
  const saving = ref(false)
  const trouble = ref('')
  const conflict = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  const unsaved = computed(() => text.value !== stored.value)
  const status = computed(() => {
    if (conflict.value) return '草稿被别人改过，没有保存'
    if (trouble.value) return `没有保存：${trouble.value}`
    if (saving.value) return '正在保存…'
    if (unsaved.value) return '有未保存的修改'
    return savedAt.value ? `已保存 ${savedAt.value}` : ''
  })

  function take(answer: Definition): void {
    definition.value = answer
    revision.value = answer.draft?.revision ?? 0
    stored.value = answer.draft?.text ?? answer.published?.text ?? ''
  }

  async function load(): Promise<void> {
    failure.value = null
    try {
      take(await get<Definition>(url))
      text.value = stored.value
      conflict.value = false
      trouble.value = savedAt.value = ''
    } catch (error) {
      failure.value = failureOf(error)
    }
  }

  function plan(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void save(), trouble.value ? RETRY_MS : QUIET_MS)
  }

  function change(next: string): void {
    if (next === text.value) return
    text.value = next
    if (!conflict.value) plan()
  }

  async function save(): Promise<void> {
    clearTimeout(timer)
    if (saving.value || conflict.value || !unsaved.value || !definition.value) return
    saving.value = true
    const sent = text.value
    try {
      const answer = await put<{ revision: number }>(`${url}/draft`, { text: sent, revision: revision.value })
      noteSaved(sent, answer.revision)
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) conflict.value = true
      else trouble.value = sentence(error)
    } finally {
      saving.value = false
      if (unsaved.value && !conflict.value) plan() // typed on while saving, or to be tried again
    }
  }

  function noteSaved(sent: string, next: number): void {
    stored.value = sent
    revision.value = next
    savedAt.value = clockNow()
    trouble.value = ''
    if (definition.value) definition.value = { ...definition.value, draft: { text: sent, revision: next } }
  }

  async function keepMine(): Promise<void> {
    const mine = text.value
    await load()
    text.value = mine
    await save()
  }

  async function discard(): Promise<void> {
    clearTimeout(timer)
    await del(`${url}/draft`)
    if (definition.value?.published) await load()
    else stored.value = text.value // nothing is left of it; the page closes
  }

  const warn = (event: BeforeUnloadEvent): void => {
    if (unsaved.value) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)
  onBeforeUnmount(() => {
    window.removeEventListener('beforeunload', warn)
    clearTimeout(timer)
  })

  return { definition, failure, text, unsaved, conflict, status, load, change, save, keepMine, takeTheirs: load, discard }
}
