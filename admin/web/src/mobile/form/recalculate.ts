/** Carries a change through the graph: only cells that depend on it are worked out again. */
import { toRaw } from 'vue'
import { round } from '../../shared/decimal'
import type { Field, Row, Value } from '../../shared/schema'
import { evaluateTree } from './evaluate'
import type { Cell, Graph } from './graph'
import { isEmpty, places, rowsOf } from './values'

/** `id` as in graph.ts; `rows` says in which rows a column changed, without it in any. */
export interface Change {
  id: string
  row?: number
}

type Dirty = Map<string, Set<number> | 'all'>

/** Fill what depends on the changes, in place. The ids of all that changed, the given ones included. */
export function recalculate(graph: Graph, values: Row, changes: readonly Change[]): Set<string> {
  const dirty: Dirty = new Map()
  for (const change of changes) mark(dirty, change.id, change.row)
  const raw = toRaw(values)
  for (const cell of graph.cells) {
    if (cell.table === null) {
      if (touched(cell.wide, dirty) && fill(cell, values, raw, null)) dirty.set(cell.id, 'all')
    } else fillColumn(cell, cell.table, values, raw, dirty)
  }
  return new Set(dirty.keys())
}

/** Everything, as when a page opens. */
export function recalculateAll(graph: Graph, values: Row): void {
  const changes: Change[] = graph.cells.flatMap((cell) => [...cell.own, ...cell.wide].map((id) => ({ id })))
  const lonely = graph.cells.filter((cell) => !cell.own.size && !cell.wide.size)
  const raw = toRaw(values)
  for (const cell of lonely) {
    if (cell.table === null) fill(cell, values, raw, null)
    else rowsOf(values[cell.table]).forEach((row) => fill(cell, row, toRaw(row), raw))
  }
  recalculate(graph, values, changes)
}

function mark(dirty: Dirty, id: string, row: number | undefined): void {
  const known = dirty.get(id)
  if (row === undefined || known === 'all') dirty.set(id, 'all')
  else if (known) known.add(row)
  else dirty.set(id, new Set([row]))
}

const touched = (ids: Set<string>, dirty: Dirty): boolean => [...ids].some((id) => dirty.has(id))

function fillColumn(cell: Cell, table: string, values: Row, raw: Row, dirty: Dirty): void {
  const rows = rowsOf(values[table])
  for (const index of rowsToFill(cell, rows.length, dirty)) {
    if (rows[index] && fill(cell, rows[index], toRaw(rows[index]), raw)) mark(dirty, cell.id, index)
  }
}

function rowsToFill(cell: Cell, count: number, dirty: Dirty): Iterable<number> {
  const all = () => Array.from({ length: count }, (_, index) => index)
  if (touched(cell.wide, dirty)) return all()
  const found = new Set<number>()
  for (const id of cell.own) {
    const rows = dirty.get(id)
    if (rows === 'all') return all()
    if (rows) rows.forEach((row) => found.add(row))
  }
  return found
}

/** Writes through the reactive row, reads the raw one: nothing is tracked while reckoning. */
function fill(cell: Cell, row: Row, raw: Row, parent: Row | null): boolean {
  const value = asValue(cell.field, evaluateTree(cell.formula, raw, parent))
  if (value === undefined || same(raw[cell.field.key], value)) return false
  row[cell.field.key] = value
  return true
}

const same = (a: Value | undefined, b: Value) => (isEmpty(a) && isEmpty(b)) || a === b

export function asValue(field: Field, found: unknown): Value | undefined {
  if (found === undefined) return undefined
  if (found === null || typeof found === 'boolean') return found
  const scale = places(field)
  return scale === null ? String(found) : round(String(found), scale)
}
