/** The one place that calls shared/expr.ts: gives it the facts of a row, the clock and who asks. */
import { zoneName } from '../../shared/dates'
import { evaluate, ExpressionError, type Result, type Tree as CheckedTree } from '../../shared/expr'
import type { Row, Tree } from '../../shared/schema'
import { me, serverNow } from '../session'

/**
 * undefined when the tree can not be walked here (the server computes it, or a value is still half typed).
 * In a sub-table row the row's columns come before the form's other fields, as on the server.
 */
export function evaluateTree(tree: Tree, row: Row, parent: Row | null): Result | undefined {
  const facts = parent ? { ...parent, ...row } : row
  try {
    return evaluate(tree as unknown as CheckedTree, facts, { now: serverNow().toISOString(), zone: zoneName(), me: me.value.id })
  } catch (error) {
    if (error instanceof ExpressionError) return undefined
    throw error
  }
}
