/** Problems by path (`items.2.amount`); a change of the field takes its own away. */
import { reactive } from 'vue'
import type { Problem } from '../../shared/schema'

export type Problems = Record<string, string>

export function useProblems() {
  const problems = reactive<Problems>({})

  function clear(path: string): void {
    for (const key of Object.keys(problems)) if (key === path || key.indexOf(`${path}.`) === 0) delete problems[key]
  }

  function set(found: readonly Problem[]): void {
    for (const key of Object.keys(problems)) delete problems[key]
    for (const { path, message } of found) problems[path] = path in problems ? `${problems[path]}；${message}` : message
  }

  /** Row `gone` of a sub-table was removed: its problems go, later rows move up. */
  function dropRow(table: string, gone: number): void {
    const moved: Problems = {}
    for (const key of Object.keys(problems)) {
      const match = key.indexOf(`${table}.`) === 0 ? /^(\d+)(.*)$/.exec(key.slice(table.length + 1)) : null
      if (!match) continue
      const row = Number(match[1])
      if (row > gone) moved[`${table}.${row - 1}${match[2]}`] = problems[key]
      if (row >= gone) delete problems[key]
    }
    Object.assign(problems, moved)
  }

  return { problems, clear, set, dropRow }
}

/** Bring the first field with a problem into view, in the order of the page. */
export function scrollToFirst(problems: Problems): void {
  const places = Array.from(document.querySelectorAll<HTMLElement>('[data-path]'))
  const first = places.find((place) => holdsProblem(place.dataset.path || '', problems))
  const target = first || document.querySelector<HTMLElement>('[data-problems]')
  if (!target) return
  target.scrollIntoView({ block: 'center', behavior: 'smooth' })
  const input = target.querySelector<HTMLElement>('input:not([type=file]), textarea, button')
  if (input) input.focus({ preventScroll: true })
}

function holdsProblem(path: string, problems: Problems): boolean {
  return Object.keys(problems).some((key) => key === path || (path !== '' && key.indexOf(`${path}.`) === 0))
}
