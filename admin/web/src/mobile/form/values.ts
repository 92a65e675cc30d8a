/** Values of a form in the browser: what is empty, what is shown, what travels. */
import { showInstant } from '../../shared/dates'
import { showNumber } from '../../shared/decimal'
import { t } from '../../shared/i18n'
import { isLayout } from '../../shared/fieldTypes'
import type { Address, Attachment, Field, Range, Row, Value } from '../../shared/schema'
import { departmentName, personName, roleName } from '../session'
import { evaluateTree } from './evaluate'

export function isEmpty(value: Value | undefined): boolean {
  if (value === null || value === undefined || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value !== 'object') return false
  const { start, end, code, detail } = value as Partial<Range & Address>
  return !start && !end && !code && !detail
}

export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}

export function rangeOf(value: Value | undefined): Range {
  const found = value && typeof value === 'object' && !Array.isArray(value) ? (value as Range) : null
  return found && 'start' in found ? found : { start: null, end: null }
}

export function addressOf(value: Value | undefined): Address {
  const found = value && typeof value === 'object' && !Array.isArray(value) ? (value as Address) : null
  return found && 'code' in found ? found : { code: '' }
}

export function rowsOf(value: Value | undefined): Row[] {
  return Array.isArray(value) ? (value as Row[]) : []
}

export function filesOf(value: Value | undefined): Attachment[] {
  return Array.isArray(value) ? (value as Attachment[]) : []
}

export function textsOf(value: Value | undefined): string[] {
  return Array.isArray(value) ? (value as string[]) : []
}

export function isOn(value: Value | undefined): boolean {
  return value === true || value === 'true'
}

export function places(field: Field): number | null {
  if (field.decimals !== null && field.decimals !== undefined) return field.decimals
  return field.type === 'money' ? 2 : null
}

/** One line for a card, a read-only field or a total; empty text when there is nothing. */
export function show(field: Field, value: Value | undefined): string {
  if (field.type === 'switch') return isEmpty(value) ? '' : isOn(value) ? t('Yes') : t('No')
  if (isEmpty(value)) return ''
  const shower = SHOW[field.shown_type || field.type]
  return shower ? shower(field, value as Value) : Array.isArray(value) ? textsOf(value).join('、') : String(value)
}

const named = (name: (id: string) => string) => (_field: Field, value: Value) =>
  (Array.isArray(value) ? textsOf(value) : [String(value)]).map(name).join('、')
const number = (field: Field, value: Value) => withUnit(field, showNumber(String(value), places(field)))
const chosen = (field: Field, value: Value) =>
  (Array.isArray(value) ? textsOf(value) : [String(value)]).map((one) => optionText(field, one)).join('、')
const files = (_field: Field, value: Value) => t('{n} files', { n: filesOf(value).length })

const SHOW: { [type: string]: (field: Field, value: Value) => string } = {
  number,
  money: number,
  rollup: (field, value) => (typeof value === 'string' ? number(field, value) : String(value)),
  member: named(personName),
  members: named(personName),
  department: named(departmentName),
  departments: named(departmentName),
  role: named(roleName),
  select: chosen,
  multi_select: chosen,
  link: chosen,
  links: chosen,
  attachment: files,
  image: files,
  subtable: (_field, value) => t('{n} rows', { n: rowsOf(value).length }),
  datetime: (_field, value) => showInstant(String(value)),
  date_range: (field, value) => showRange(field, rangeOf(value), (one) => one),
  datetime_range: (field, value) => showRange(field, rangeOf(value), (one) => showInstant(one)),
  address: (_field, value) => showAddress(addressOf(value)),
  rich_text: (_field, value) => String(value).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim(),
}

function showRange(field: Field, range: Range, moment: (text: string) => string): string {
  const ends = `${range.start ? moment(range.start) : '…'} – ${range.end ? moment(range.end) : '…'}`
  return range.span ? `${ends}（${spanText(field, range.span)}）` : ends
}

export function spanText(field: Field, span: string): string {
  const unit = field.span_unit || 'days'
  span = span.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  if (unit === 'days') return t('{n} days', { n: span })
  if (unit === 'workdays') return t('{n} working days', { n: span })
  return unit === 'hours' ? t('{n} hours', { n: span }) : t('{n} working hours', { n: span })
}

export function showAddress(address: Address): string {
  const { province, city, district, detail } = address
  const parts = [province, city === province ? '' : city, district, detail].filter(Boolean)
  return parts.join('') || address.code
}

function withUnit(field: Field, text: string): string {
  if (field.unit) return `${text} ${field.unit}`
  return field.type === 'money' ? `¥${text}` : text
}

function optionText(field: Field, value: string): string {
  const found = (field.options || []).find((option) => option.value === value)
  return found ? found.text : value
}

/** A JSON copy; structuredClone throws on Vue's proxies. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** A new row: every column present, with its default or empty. `parent` are the form's values, for defaults that ask. */
export function emptyRow(fields: readonly Field[], parent: Row | null = null): Row {
  const row: Row = {}
  for (const field of fields) if (field.stored !== false && !isLayout(field.type)) row[field.key] = defaultOf(field, row, parent)
  return row
}

function defaultOf(field: Field, row: Row, parent: Row | null): Value {
  const { default: start } = field
  if (start === undefined || start === null) return blankOf(field)
  if (typeof start !== 'object' || !('tree' in start)) return start as Value
  const found = evaluateTree(start.tree, row, parent)
  return found === undefined ? blankOf(field) : (found as Value)
}

const LISTS = ['subtable', 'attachment', 'image']
const blankOf = (field: Field): Value => (LISTS.indexOf(field.type) >= 0 ? [] : null)

/** Not sent: it has no value, or the server works it out. */
const notSent = (field: Field): boolean =>
  !!field.formula || !!field.computed || field.stored === false || isLayout(field.type)

/** What is saved: computed fields stay out, the server computes them itself. */
export function typed(fields: readonly Field[], row: Row): Row {
  const out: Row = {}
  for (const field of fields) {
    if (notSent(field)) continue
    const value = row[field.key]
    if (field.type === 'subtable') out[field.key] = rowsOf(value).map((one) => typed(field.fields || [], one))
    else out[field.key] = value === undefined || value === '' ? null : value
  }
  return out
}
