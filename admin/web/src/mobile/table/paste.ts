/** Text of a spreadsheet as values of a field, and back: what a paste lays over the cells of a sub-table. */
import { cleanNumber, isNumber } from '../../shared/decimal'
import { t } from '../../shared/i18n'
import type { Field, Row, Value } from '../../shared/schema'
import { isFixed } from '../form/formula'
import { show } from '../form/values'
import { fromLocal, toLocal } from '../inputs/moments'
import { departments, people, roles } from '../session'

/** Rows of cells; a quoted cell may hold tabs and line ends, as Excel and WPS copy them. */
export function parseTsv(text: string): string[][] {
  const rows: string[][] = [['']]
  let quoted = false
  const clean = text.replace(/\r\n?/g, '\n').replace(/\n$/, '')
  for (let at = 0; at < clean.length; at += 1) {
    const char = clean[at]
    const row = rows[rows.length - 1]
    if (quoted) {
      if (char === '"' && clean[at + 1] === '"') row[row.length - 1] += clean[(at += 1)]
      else if (char === '"') quoted = false
      else row[row.length - 1] += char
    } else if (char === '"' && row[row.length - 1] === '') quoted = true
    else if (char === '\t') row.push('')
    else if (char === '\n') rows.push([''])
    else row[row.length - 1] += char
  }
  return rows
}

export const toTsv = (cells: readonly (readonly string[])[]): string =>
  cells.map((row) => row.map((cell) => (/[\t\n"]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)).join('\t')).join('\n')

/** undefined where this kind of field takes no text. */
export function fromText(field: Field, text: string): Value | undefined {
  const word = text.trim()
  const read = READ[field.type]
  if (!read) return undefined
  return word === '' ? null : read(field, word)
}

/** As it is copied: what `fromText` understands again. */
export function toText(field: Field, value: Value | undefined): string {
  if (field.type === 'datetime') return typeof value === 'string' ? toLocal(value).replace('T', ' ') : ''
  return typeof value === 'string' && PLAIN.indexOf(field.type) >= 0 ? value : show(field, value)
}

type Read = (field: Field, word: string) => Value | undefined
const PLAIN = ['number', 'money', 'text', 'date', 'time', 'phone', 'email', 'url', 'id_card', 'uscc', 'passport', 'barcode']
const asIs: Read = (_field, word) => word
const amount: Read = (_field, word) => {
  const clean = cleanNumber(word)
  return isNumber(clean) ? clean : word // the check at the cell says what is wrong with it
}
const found = (units: readonly { id: string; name: string }[], word: string): Value | undefined => {
  const one = units.find((unit) => unit.id === word || unit.name === word)
  return one ? one.id : undefined
}

const READ: { [type: string]: Read } = {
  text: asIs,
  phone: asIs,
  email: asIs,
  url: asIs,
  id_card: (_field, word) => word.toUpperCase(),
  uscc: (_field, word) => word.toUpperCase(),
  passport: (_field, word) => word.toUpperCase(),
  barcode: asIs,
  number: amount,
  money: amount,
  date: (_field, word) => readDay(word),
  time: (_field, word) => (/^\d{1,2}:\d\d/.test(word) ? word.slice(0, word.indexOf(':') + 3).padStart(5, '0') : word),
  datetime: (_field, word) => readMoment(word),
  select: (field, word) => chosen(field, word),
  multi_select: (field, word) => word.split(/[、,，;；]\s*/).filter(Boolean).map((one) => chosen(field, one)),
  switch: (_field, word) => isYes(word),
  member: (_field, word) => found(people.value, word),
  department: (_field, word) => found(departments.value, word),
  role: (_field, word) => found(roles.value, word),
}

const isYes = (word: string): boolean => /^(1|y|yes|true|√|✓)$/i.test(word) || word === t('Yes')

function chosen(field: Field, word: string): string {
  const option = (field.options || []).find((one) => one.text === word || one.value === word)
  return option ? option.value : word
}

/** `2026/11/4`, `2026.11.4`, `2026年11月4日` or `20261104`; anything else as it stands. */
export function readDay(word: string): string {
  const parts = /^(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?(?:\s.*)?$/.exec(word) || /^(\d{4})(\d\d)(\d\d)$/.exec(word)
  return parts ? `${parts[1]}-${parts[2].padStart(2, '0')}-${parts[3].padStart(2, '0')}` : word
}

function readMoment(word: string): string {
  const clock = /\s(\d{1,2}):(\d\d)/.exec(word)
  const day = readDay(word)
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return word
  return fromLocal(`${day}T${clock ? clock[1].padStart(2, '0') : '00'}:${clock ? clock[2] : '00'}`) || word
}

export interface PasteResult {
  cells: { index: number; key: string; value: Value }[]
  /** columns that took nothing */
  refused: string[]
  /** rows that found no room */
  over: number
}

/** Lay pasted rows over the columns from `column` on and the rows from `row` on. `most` rows fit at all. */
export function plan(columns: readonly Field[], rows: readonly Row[], at: { row: number; column: number }, grid: string[][], most: number, parent: Row): PasteResult {
  const result: PasteResult = { cells: [], refused: [], over: 0 }
  grid.forEach((texts, down) => {
    const index = at.row + down
    if (most && index >= most) return void (result.over += 1)
    texts.forEach((text, right) => {
      const column = columns[at.column + right]
      if (!column) return
      const value = isFixed(column, rows[index] || {}, parent) ? undefined : fromText(column, text)
      if (value !== undefined) result.cells.push({ index, key: column.key, value })
      else if (text.trim() && result.refused.indexOf(column.label) < 0) result.refused.push(column.label)
    })
  })
  return result
}
