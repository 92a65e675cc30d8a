/** Which rows of a long list are near the screen; the others are not drawn. All rows are equally high. */
import { computed, onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const MARGIN = 8 // rows drawn beyond either edge, so that scrolling shows no gap

/** `list` is the element that holds the rows; it scrolls itself (`own`) or with the page. */
export function useWindow(list: Ref<HTMLElement | null>, count: () => number, height: number, own: boolean) {
  const top = ref(0)
  const view = ref(900)

  function look(): void {
    const element = list.value
    if (!element) return
    view.value = own ? element.clientHeight || 600 : window.innerHeight
    top.value = own ? element.scrollTop : Math.max(0, -element.getBoundingClientRect().top)
  }

  const first = computed(() => Math.max(0, Math.min(Math.floor(top.value / height) - MARGIN, count() - 1)))
  const last = computed(() => Math.min(count(), Math.ceil((top.value + view.value) / height) + MARGIN))
  const indexes = computed(() => Array.from({ length: Math.max(0, last.value - first.value) }, (_, at) => first.value + at))
  const above = computed(() => first.value * height)
  const below = computed(() => Math.max(0, (count() - last.value) * height))

  onMounted(() => {
    look()
    if (!own) window.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('scroll', look)
    window.removeEventListener('resize', look)
  })
  return { indexes, above, below, look }
}
