/** Live formulas, visibility, required-if and checks on top of the tree walker in shared/expr.ts. */
import { round } from '../../shared/decimal'
import type { Check, Field, Form, Row, Tree, Value } from '../../shared/schema'
import { evaluateTree } from './evaluate'
import { isEmpty, places, rowsOf } from './values'

const MOST_PASSES = 8 // formulas of formulas; the server refuses circles when the form is saved

/** Fill every computed field of `values` in place. */
export function recompute(form: Form, values: Row): void {
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const changed = computeTables(form, values)
    if (!computeRow(form.fields, values, null) && !changed) return
  }
}

function computeTables(form: Form, values: Row): boolean {
  let changed = false
  for (const table of form.fields) {
    if (table.type !== 'subtable') continue
    for (const row of rowsOf(values[table.key])) changed = computeRow(table.fields || [], row, values) || changed
  }
  return changed
}

function computeRow(fields: readonly Field[], row: Row, parent: Row | null): boolean {
  let changed = false
  for (const field of fields) {
    if (!field.formula || field.type === 'subtable') continue
    const value = asValue(field, evaluateTree(field.formula, row, parent))
    if (value === undefined || same(row[field.key], value)) continue
    row[field.key] = value
    changed = true
  }
  return changed
}

const same = (a: Value | undefined, b: Value) => (isEmpty(a) && isEmpty(b)) || a === b

function asValue(field: Field, found: unknown): Value | undefined {
  if (found === undefined) return undefined
  if (found === null || typeof found === 'boolean') return found
  const scale = places(field)
  return scale === null ? String(found) : round(String(found), scale)
}

/** A condition that can not be answered yet holds back nothing: the field is shown, and not required. */
export function isVisible(field: Field, row: Row, parent: Row | null = null): boolean {
  return !field.visible_if || evaluateTree(field.visible_if, row, parent) !== false
}

export function isRequired(field: Field, row: Row, parent: Row | null = null): boolean {
  if (field.required) return true
  return holds(field.required_if || null, row, parent)
}

function holds(tree: Tree | null, row: Row, parent: Row | null): boolean {
  return !!tree && evaluateTree(tree, row, parent) === true
}

/** The sentences of the checks that strike, those that forbid and those that warn. */
export function strike(checks: readonly Check[], values: Row): { block: string[]; warn: string[] } {
  const found = { block: [] as string[], warn: [] as string[] }
  for (const check of checks) if (holds(check.when, values, null)) found[check.level].push(check.say)
  return found
}
