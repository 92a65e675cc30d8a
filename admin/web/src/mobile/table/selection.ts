/** The active cell of a grid and the rectangle that shift draws from it. */
import { computed, nextTick, reactive } from 'vue'

export function useSelection(rows: () => number, columns: () => number, moved: () => void) {
  const active = reactive({ row: 0, column: 0 })
  const anchor = reactive({ row: 0, column: 0 })
  const within = (at: number, count: number) => Math.max(0, Math.min(at, count - 1))

  function go(row: number, column: number, extend: boolean): void {
    active.row = within(row, rows())
    active.column = within(column, columns())
    if (!extend) Object.assign(anchor, active)
    void nextTick(moved)
  }

  const move = (down: number, right: number, extend: boolean) => go(active.row + down, active.column + right, extend)

  const range = computed(() => {
    const [top, bottom] = [anchor.row, active.row].sort((a, b) => a - b)
    const [left, right] = [anchor.column, active.column].sort((a, b) => a - b)
    const last = Math.max(0, rows() - 1)
    return { top: Math.min(top, last), bottom: Math.min(bottom, last), left, right, many: top !== bottom || left !== right }
  })
  return { active, range, go, move }
}
