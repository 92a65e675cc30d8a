/** Visibility, required-if, read-only-if and checks on top of the tree walker in shared/expr.ts. */
import type { Check, Field, Row, Tree } from '../../shared/schema'
import { evaluateTree } from './evaluate'

/** A condition that can not be answered yet holds back nothing: the field is shown, and not required. */
export function isVisible(field: Field, row: Row, parent: Row | null = null): boolean {
  return !field.visible_if || evaluateTree(field.visible_if, row, parent) !== false
}

export function isRequired(field: Field, row: Row, parent: Row | null = null): boolean {
  if (field.required) return true
  return holds(field.required_if || null, row, parent)
}

/** Nobody types here: computed, read-only, or read-only as things stand. */
export function isFixed(field: Field, row: Row, parent: Row | null = null): boolean {
  if (field.readonly || field.formula || field.computed) return true
  return holds(field.readonly_if || null, row, parent)
}

function holds(tree: Tree | null, row: Row, parent: Row | null): boolean {
  return !!tree && evaluateTree(tree, row, parent) === true
}

export interface Struck {
  block: { at: string; say: string }[]
  warn: { at: string; say: string }[]
}

/** The sentences of the checks that strike, those that forbid and those that warn. */
export function strike(checks: readonly Check[], values: Row): Struck {
  const found: Struck = { block: [], warn: [] }
  for (const check of checks) if (holds(check.when, values, null)) found[check.level].push({ at: check.at || '', say: check.say })
  return found
}
