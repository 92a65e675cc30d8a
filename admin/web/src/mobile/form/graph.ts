/**
 * Which computed field needs which: read from the syntax trees once, so that a key press recalculates only what
 * depends on the changed cell. Ids: `total` (a field), `items.amount` (a column), `items` (which rows there are).
 */
import type { Node } from '../../shared/expr'
import type { Field, Form, Tree } from '../../shared/schema'

export interface Cell {
  id: string
  /** the sub-table whose rows hold it; null for a field of the form */
  table: string | null
  field: Field
  formula: Tree
  /** columns of the same row */
  own: Set<string>
  /** fields, row sets and columns of which any row counts */
  wide: Set<string>
}

export interface Graph {
  /** every computed field, each after all that it needs */
  cells: Cell[]
  tables: { [key: string]: Field }
}

interface Place {
  /** the sub-table in whose row the formula stands */
  table: string | null
  /** the sub-table that the nearest aggregate runs over */
  each: string | null
}

export function graphOf(form: Form): Graph {
  const tables: { [key: string]: Field } = {}
  for (const field of form.fields) if (field.type === 'subtable') tables[field.key] = field
  const cells: Cell[] = []
  for (const field of form.fields) {
    if (field.formula && field.type !== 'subtable') cells.push(cellOf(field, null, tables))
    for (const column of (tables[field.key] && field.fields) || [])
      if (column.formula) cells.push(cellOf(column, field.key, tables))
  }
  return { cells: inOrder(cells), tables }
}

function cellOf(field: Field, table: string | null, tables: Graph['tables']): Cell {
  const formula = field.formula as Tree
  const cell = { id: table ? `${table}.${field.key}` : field.key, table, field, formula, own: new Set<string>(), wide: new Set<string>() }
  collect(formula.root as Node | undefined, { table, each: null }, cell, tables)
  return cell
}

function collect(node: Node | null | undefined, place: Place, cell: Cell, tables: Graph['tables']): void {
  if (!node) return
  if (node.op === 'field') return named(node, place, cell, tables)
  if (node.op === 'gather') return gathered(node, place, cell, tables)
  for (const part of [...(node.args || []), ...(node.items || []), node.source, node.body, node.where]) collect(part, place, cell, tables)
}

function gathered(node: Node, place: Place, cell: Cell, tables: Graph['tables']): void {
  const source = node.source as Node
  const table = source.op === 'field' && !source.each && source.path ? source.path[0] : null
  const over = table && tables[table] && (source.path || []).length === 1 ? table : null
  if (over) cell.wide.add(over)
  else collect(source, place, cell, tables)
  const inside = { table: place.table, each: over || place.each }
  collect(node.body, inside, cell, tables)
  collect(node.where, inside, cell, tables)
}

function named(node: Node, place: Place, cell: Cell, tables: Graph['tables']): void {
  const [first, second] = node.path || []
  if (node.each) {
    if (place.each) addColumns(place.each, first, cell, tables)
    return
  }
  if (place.table && hasColumn(tables[place.table], first)) cell.own.add(`${place.table}.${first}`)
  else if (tables[first]) {
    cell.wide.add(first)
    addColumns(first, second, cell, tables)
  } else if (first) cell.wide.add(first)
}

/** One column, or all of them where the whole row is meant. */
function addColumns(table: string, column: string | undefined, cell: Cell, tables: Graph['tables']): void {
  if (column) cell.wide.add(`${table}.${column}`)
  else for (const one of tables[table].fields || []) cell.wide.add(`${table}.${one.key}`)
}

const hasColumn = (table: Field, key: string): boolean => (table.fields || []).some((column) => column.key === key)

function inOrder(cells: Cell[]): Cell[] {
  const byId = new Map(cells.map((cell) => [cell.id, cell]))
  const seen = new Set<string>()
  const ordered: Cell[] = []
  function visit(cell: Cell): void {
    if (seen.has(cell.id)) return // a circle is refused when the form is published
    seen.add(cell.id)
    for (const id of [...cell.own, ...cell.wide]) {
      const needed = byId.get(id)
      if (needed) visit(needed)
    }
    ordered.push(cell)
  }
  cells.forEach(visit)
  return ordered
}
