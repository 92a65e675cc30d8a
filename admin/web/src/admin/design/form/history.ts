/** Undo and redo over whole texts; changes with the same tag in quick succession are one step. */
import { computed, ref, type ComputedRef } from 'vue'

const DEEPEST = 200
const MERGE_MS = 800

export interface History {
  canUndo: ComputedRef<boolean>
  canRedo: ComputedRef<boolean>
  note: (before: string, tag: string) => void
  undo: (now: string) => string | null
  redo: (now: string) => string | null
}

export function useHistory(clock: () => number = Date.now): History {
  const past = ref<string[]>([])
  const future = ref<string[]>([])
  let last = { tag: '', at: 0 }

  function note(before: string, tag: string): void {
    const merged = tag && tag === last.tag && clock() - last.at < MERGE_MS
    last = { tag, at: clock() }
    future.value = []
    if (!merged) past.value = [...past.value, before].slice(-DEEPEST)
  }

  function step(from: typeof past, to: typeof past, now: string): string | null {
    const found = from.value[from.value.length - 1]
    if (found === undefined) return null
    from.value = from.value.slice(0, -1)
    to.value = [...to.value, now]
    last = { tag: '', at: 0 }
    return found
  }

  return {
    canUndo: computed(() => !!past.value.length),
    canRedo: computed(() => !!future.value.length),
    note,
    undo: (now) => step(past, future, now),
    redo: (now) => step(future, past, now),
  }
}
