/** From one value to another by the smallest changes, so that what stays the same stays as it was written. */
import type { Path } from './document'
import { equal, type Change } from './edit'
import type { Json } from './emit'

type Given = Json | undefined
const isMap = (value: Given): value is { [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value)

export function changesOf(path: Path, before: Given, after: Given): Change[] {
  if (equal(before, after)) return []
  if (isMap(before) && isMap(after)) return ofMaps(path, before, after)
  if (Array.isArray(before) && Array.isArray(after) && before.length && after.length) return ofLists(path, before, after)
  return [{ do: 'set', path, value: after }]
}

function ofMaps(path: Path, before: { [key: string]: Json }, after: { [key: string]: Json }): Change[] {
  const keys = [...Object.keys(before), ...Object.keys(after).filter((key) => !(key in before))]
  return keys.flatMap((key) => changesOf([...path, key], before[key], after[key]))
}

function ofLists(path: Path, before: Json[], after: Json[]): Change[] {
  const first = before.findIndex((one, index) => !equal(one, after[index]))
  const at = first < 0 ? before.length : first
  if (after.length === before.length + 1 && equal(before.slice(at), after.slice(at + 1))) return [{ do: 'insert', path, index: at, value: after[at] }]
  if (after.length === before.length - 1 && equal(before.slice(at + 1), after.slice(at))) return [{ do: 'remove', path, index: at }]
  if (after.length !== before.length) return [{ do: 'set', path, value: after }]
  const moved = move(before, after, at)
  if (moved) return [{ do: 'move', from: path, index: moved[0], to: path, at: moved[1] }]
  return before.flatMap((one, index) => changesOf([...path, index], one, after[index]))
}

/** One item that stands elsewhere now: from, to. */
function move(before: Json[], after: Json[], first: number): [number, number] | null {
  for (let other = before.length - 1; other > first; other--) {
    for (const [from, to] of [[first, other], [other, first]]) {
      const tried = [...before]
      tried.splice(to, 0, ...tried.splice(from, 1))
      if (equal(tried, after)) return [from, to]
    }
  }
  return null
}
