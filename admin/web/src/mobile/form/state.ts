/** The values of an open form and every way they change; formulas follow each change. */
import { reactive, toRaw } from 'vue'
import type { Form, Row, Value } from '../../shared/schema'
import { graphOf } from './graph'
import { useProblems } from './problems'
import { recalculate, recalculateAll, type Change } from './recalculate'
import { copy, emptyRow, rowsOf } from './values'

export interface CellChange {
  index: number
  key: string
  value: Value
}

export function useValues(form: Form, start: Row, touched: (ids: Set<string>) => void) {
  const values = reactive<Row>({ ...emptyRow(form.fields), ...copy(start) })
  const ticks = reactive<{ [id: string]: number }>({})
  const graph = graphOf(form)
  const said = useProblems()
  recalculateAll(graph, values)

  function settle(changes: Change[], quiet = false): void {
    const ids = recalculate(graph, values, changes)
    for (const id of ids) ticks[id] = (ticks[id] || 0) + 1
    if (!quiet) touched(ids)
  }

  function change(key: string, value: Value): void {
    values[key] = value
    said.clear(key)
    said.clear('')
    settle(graph.tables[key] ? wholeTable(key) : [{ id: key }])
  }

  function wholeTable(key: string): Change[] {
    return [{ id: key }, ...(graph.tables[key].fields || []).map((column) => ({ id: `${key}.${column.key}` }))]
  }

  /** Many cells at once, as a paste does; rows that are missing are made. */
  function changeCells(table: string, cells: readonly CellChange[]): void {
    const rows = tableRows(table)
    const grown = cells.some((cell) => cell.index >= rows.length)
    for (const { index, key, value } of cells) {
      while (rows.length <= index) rows.push(newRow(table))
      rows[index][key] = value
      said.clear(`${table}.${index}.${key}`)
    }
    said.clear('')
    settle(grown ? wholeTable(table) : cells.map(({ index, key }) => ({ id: `${table}.${key}`, row: index })))
  }

  function tableRows(table: string): Row[] {
    if (!Array.isArray(values[table])) values[table] = []
    return rowsOf(values[table])
  }

  const newRow = (table: string): Row => emptyRow(graph.tables[table].fields || [], toRaw(values))

  function insertRow(table: string, index: number, row: Row): void {
    tableRows(table).splice(index, 0, row)
    said.clear(table)
    said.clear('')
    settle(wholeTable(table))
  }

  function removeRow(table: string, index: number): void {
    tableRows(table).splice(index, 1)
    said.dropRow(table, index)
    said.clear(table)
    settle([{ id: table }])
  }

  /** Values that the server worked out: laid over, counted as no change of the person's. */
  function lay(found: { [path: string]: Value }): void {
    const changes: Change[] = []
    for (const [path, value] of Object.entries(found)) {
      const [key, row, column] = path.split('.')
      if (column !== undefined) {
        const rows = rowsOf(values[key])
        if (rows[Number(row)]) rows[Number(row)][column] = value
        changes.push({ id: `${key}.${column}`, row: Number(row) })
      } else if (graph.tables[key]) {
        layTable(key, value)
        changes.push(...wholeTable(key))
      } else if (JSON.stringify(values[key]) !== JSON.stringify(value)) {
        values[key] = value
        changes.push({ id: key })
      }
    }
    if (changes.length) settle(changes, true)
  }

  /** Rows keep their identity where they are as many as before: an open editor goes on. */
  function layTable(key: string, value: Value): void {
    const rows = rowsOf(values[key])
    const found = rowsOf(value)
    if (rows.length !== found.length) values[key] = found.map((row) => ({ ...newRow(key), ...row }))
    else found.forEach((row, index) => Object.assign(rows[index], row))
  }

  function replace(newer: Row): void {
    for (const key of Object.keys(values)) delete values[key]
    Object.assign(values, emptyRow(form.fields), copy(newer))
    recalculateAll(graph, values)
    for (const table of Object.keys(graph.tables)) settle(wholeTable(table), true)
    said.set([])
  }

  const recomputeAll = () => recalculateAll(graph, values)
  return { values, ticks, ...said, change, changeCells, insertRow, removeRow, newRow, lay, replace, recomputeAll }
}
