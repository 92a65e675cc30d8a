import { onBeforeUnmount, watch, type WatchSource } from 'vue'

/** Calls `act` once the source has been still for `wait` milliseconds. */
export function useSlowWatch(source: WatchSource, act: () => void, wait = 350): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(source, () => {
    clearTimeout(timer)
    timer = setTimeout(act, wait)
  })
  onBeforeUnmount(() => clearTimeout(timer))
}
