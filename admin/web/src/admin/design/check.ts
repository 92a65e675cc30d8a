/** Asks the server about the text 600 ms after the last change; keeps the last preview that could be drawn. */
import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { post } from '../../shared/api'
import type { CheckAnswer, Preview } from '../contract'
import { sentence } from '../resource'

const QUIET_MS = 600

export interface CheckState {
  answer: ShallowRef<CheckAnswer | null>
  preview: ShallowRef<Preview | null>
  stale: Ref<boolean>
  checking: Ref<boolean>
  trouble: Ref<string>
  /** the text that the answer is about */
  checked: Ref<string>
}

export function useCheck(text: Ref<string>): CheckState {
  const answer = shallowRef<CheckAnswer | null>(null)
  const preview = shallowRef<Preview | null>(null)
  const stale = ref(false)
  const checking = ref(false)
  const trouble = ref('')
  const checked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0

  async function run(): Promise<void> {
    const mine = ++turn
    const asked = text.value
    try {
      const got = await post<CheckAnswer>('/admin/api/definitions/check', { text: asked })
      if (mine !== turn) return
      checked.value = asked
      answer.value = got
      stale.value = !got.preview
      if (got.preview) preview.value = got.preview
      trouble.value = ''
    } catch (error) {
      if (mine === turn) trouble.value = sentence(error)
    } finally {
      if (mine === turn) checking.value = false
    }
  }

  watch(text, (now, before) => {
    if (!now.trim()) return
    checking.value = true
    clearTimeout(timer)
    timer = setTimeout(() => void run(), before ? QUIET_MS : 0)
  })
  onBeforeUnmount(() => {
    clearTimeout(timer)
    turn++
  })
  return { answer, preview, stale, checking, trouble, checked }
}
