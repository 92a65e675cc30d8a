/** A decision table as a grid: the rows in hand, what is done to them, and their text as the server writes it. */
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { post } from '../../shared/api'
import { sentence } from '../resource'

export interface GridInput {
  text: string
  kind: 'text' | 'number' | 'date' | 'bool'
  options: string[]
}
export interface GridOutput {
  key: string
  label: string
  type: 'text' | 'number' | 'bool'
  values: string[]
}
export interface GridProblem {
  row: number
  column: number
  message: string
  level: 'error' | 'warning'
}
export interface Grid {
  hit: string
  collect: string
  inputs: GridInput[]
  outputs: GridOutput[]
  rows: string[][]
  otherwise: string[]
  problems: GridProblem[]
}

const QUIET_MS = 350

export interface GridState {
  grid: Ref<Grid | null>
  trouble: Ref<string>
  checking: Ref<boolean>
  touch: () => void
}

/** `text` is the draft's; `change` takes the text of every edit. */
export function useGrid(text: () => string, change: (text: string) => void): GridState {
  const grid = ref<Grid | null>(null)
  const trouble = ref('')
  const checking = ref(false)
  let own = ''
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(edited: Grid | null): Promise<void> {
    const mine = ++turn
    checking.value = true
    try {
      const got = await post<{ text: string; grid: Grid }>('/admin/api/tables/grid', { text: text(), grid: edited ?? {} })
      if (mine !== turn) return
      own = got.text
      trouble.value = ''
      if (edited && grid.value) {
        grid.value.problems = got.grid.problems
        grid.value.inputs.forEach((one, at) => Object.assign(one, { kind: got.grid.inputs[at]?.kind ?? 'text', options: got.grid.inputs[at]?.options ?? [] }))
      } else grid.value = got.grid
      if (edited) change(got.text)
    } catch (error) {
      if (mine === turn) trouble.value = sentence(error)
    } finally {
      if (mine === turn) checking.value = false
    }
  }

  function touch(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void ask(grid.value), QUIET_MS)
  }

  watch(text, (now) => now !== own && void ask(null), { immediate: true })
  onBeforeUnmount(() => {
    if (timer) clearTimeout(timer)
    turn++
  })
  return { grid, trouble, checking, touch }
}

export const widthOf = (grid: Grid): number => grid.inputs.length + grid.outputs.length
const blank = (grid: Grid): string[] => Array.from({ length: widthOf(grid) }, () => '')

export function insertRow(grid: Grid, at: number): void {
  grid.rows.splice(at, 0, blank(grid))
}

/** The last row is emptied instead: a table has one. */
export function removeRow(grid: Grid, at: number): void {
  grid.rows.splice(at, 1)
  if (!grid.rows.length) grid.rows.push(blank(grid))
}

export function moveRow(grid: Grid, from: number, to: number): boolean {
  if (to < 0 || to >= grid.rows.length || from === to) return false
  grid.rows.splice(to, 0, ...grid.rows.splice(from, 1))
  return true
}

export function addInput(grid: Grid): void {
  for (const row of grid.rows) row.splice(grid.inputs.length, 0, '')
  grid.inputs.push({ text: '', kind: 'text', options: [] })
}

export function addOutput(grid: Grid): void {
  const taken = new Set(grid.outputs.map((one) => one.key))
  let number = grid.outputs.length + 1
  while (taken.has(`output${number}`)) number++
  grid.outputs.push({ key: `output${number}`, label: `结果${grid.outputs.length + 1}`, type: 'text', values: [] })
  for (const row of grid.rows) row.push('')
  if (grid.otherwise.length) grid.otherwise.push('')
}

export function removeColumn(grid: Grid, column: number): void {
  for (const row of grid.rows) row.splice(column, 1)
  const output = column - grid.inputs.length
  if (output < 0) grid.inputs.splice(column, 1)
  else {
    grid.outputs.splice(output, 1)
    if (grid.otherwise.length) grid.otherwise.splice(output, 1)
  }
}

/** Cells of a spreadsheet, laid over the rows from a cell on; rows are added as needed. */
export function pasteCells(grid: Grid, row: number, column: number, cells: string[][]): void {
  cells.forEach((line, down) => {
    if (row + down >= grid.rows.length) grid.rows.push(blank(grid))
    line.forEach((value, right) => {
      if (column + right < widthOf(grid)) grid.rows[row + down][column + right] = value.trim()
    })
  })
}

export const readTabs = (text: string): string[][] =>
  text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n').map((line) => line.split('\t'))

const heads = (grid: Grid): string[] => [...grid.inputs.map((one) => one.text), ...grid.outputs.map((one) => `→${one.label}`)]
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)

export function toCsv(grid: Grid): string {
  return '\ufeff' + [heads(grid), ...grid.rows.map((row) => row.map((cell) => cell || '-'))].map((row) => row.map(quoted).join(',') + '\r\n').join('')
}

/** Quoted cells may hold commas, quotes and line ends. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let inside = false
  const body = text.replace(/^\ufeff/, '')
  for (let at = 0; at < body.length; at++) {
    const letter = body[at]
    if (inside) {
      if (letter !== '"') cell += letter
      else if (body[at + 1] === '"') cell += body[++at]
      else inside = false
    } else if (letter === '"') inside = true
    else if (letter === ',' || letter === '\n') {
      rows[rows.length - 1].push(cell.trim())
      cell = ''
      if (letter === '\n') rows.push([])
    } else if (letter !== '\r') cell += letter
  }
  rows[rows.length - 1].push(cell.trim())
  return rows.filter((row) => row.some((one) => one))
}

/** Takes the rows of a CSV file; a sentence says what does not fit. */
export function takeCsv(grid: Grid, text: string): string {
  const [head, ...rows] = readCsv(text)
  const wanted = heads(grid)
  if (!head || head.join('\t') !== wanted.join('\t')) return `第一行要是：${wanted.join('，')}`
  const bad = rows.findIndex((row) => row.length !== wanted.length)
  if (bad >= 0) return `第 ${bad + 2} 行有 ${rows[bad].length} 格，要 ${wanted.length} 格`
  if (!rows.length) return '文件里没有数据行'
  grid.rows = rows.map((row) => row.map((cell) => (cell === '-' ? '' : cell)))
  return ''
}
