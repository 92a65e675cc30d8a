import { ref, type Ref } from 'vue'
import { sentence } from '../resource'
import { complain } from '../parts/say'

/** Runs one action at a time for each key; `busy` holds the keys under way. Failures are told as sentences. */
export function useActs(): { busy: Ref<Set<string>>; act: (key: string, work: () => Promise<void>) => Promise<void> } {
  const busy = ref(new Set<string>()) as Ref<Set<string>>

  async function act(key: string, work: () => Promise<void>): Promise<void> {
    if (busy.value.has(key)) return
    busy.value = new Set([...busy.value, key])
    try {
      await work()
    } catch (error) {
      complain(sentence(error))
    } finally {
      busy.value = new Set([...busy.value].filter((one) => one !== key))
    }
  }
  return { busy, act }
}
