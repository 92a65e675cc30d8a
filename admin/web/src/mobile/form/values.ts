/** Values of a form in the browser: what is empty, what is shown, what travels. */
import { showInstant } from '../../shared/dates'
import { showNumber } from '../../shared/decimal'
import { t } from '../../shared/i18n'
import type { Attachment, Field, Row, Value } from '../../shared/schema'
import { personName } from '../session'

export function isEmpty(value: Value | undefined): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
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
  if (field.type === 'money' || field.type === 'number') return withUnit(field, showNumber(String(value), places(field)))
  if (field.type === 'member') return personName(String(value))
  if (field.type === 'select' || field.type === 'link') return optionText(field, String(value))
  if (field.type === 'multi_select') return textsOf(value).map((one) => optionText(field, one)).join('、')
  if (field.type === 'attachment') return t('{n} files', { n: filesOf(value).length })
  if (field.type === 'subtable') return t('{n} rows', { n: rowsOf(value).length })
  if (field.type === 'datetime') return showInstant(String(value))
  return String(value)
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

/** A new row: every column present, with its default or empty. */
export function emptyRow(fields: readonly Field[]): Row {
  const row: Row = {}
  for (const field of fields) row[field.key] = field.default !== undefined && field.default !== null ? field.default : blankOf(field)
  return row
}

const blankOf = (field: Field): Value => (field.type === 'subtable' || field.type === 'attachment' ? [] : null)

/** What is saved: computed fields stay out, the server computes them itself. */
export function typed(fields: readonly Field[], row: Row): Row {
  const out: Row = {}
  for (const field of fields) {
    if (field.formula) continue
    const value = row[field.key]
    if (field.type === 'subtable') out[field.key] = rowsOf(value).map((one) => typed(field.fields || [], one))
    else out[field.key] = value === undefined || value === '' ? null : value
  }
  return out
}
