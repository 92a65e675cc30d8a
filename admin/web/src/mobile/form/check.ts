/** What the page can say before the server does. The server checks all of it again. */
import { compare, isNumber, scaleOf, showNumber } from '../../shared/decimal'
import { t } from '../../shared/i18n'
import type { Field, Form, Problem, Range, Row, Value } from '../../shared/schema'
import { isLayout } from '../../shared/fieldTypes'
import { isFixed, isRequired, isVisible, strike } from './formula'
import { doubtAbout } from './identity'
import { addressOf, isEmpty, places, rangeOf, rowsOf } from './values'

/** Every problem of the form, in the order of the page. */
export function problemsOf(form: Form, values: Row): Problem[] {
  const found: Problem[] = []
  for (const field of form.fields) {
    if (isLayout(field.type) || !isVisible(field, values)) continue
    found.push(...(field.type === 'subtable' ? ofTable(field, values) : ofField(field, field.key, values, null)))
  }
  for (const { at, say } of strike(form.checks, values).block) found.push({ path: at, message: say })
  return found
}

function ofTable(table: Field, values: Row): Problem[] {
  const rows = rowsOf(values[table.key])
  const found: Problem[] = []
  const [fewest, most] = table.rows || [null, null]
  const least = Math.max(fewest || 0, isRequired(table, values) ? 1 : 0)
  if (rows.length < least) found.push({ path: table.key, message: t('At least {n} rows', { n: least }) })
  if (most && rows.length > most) found.push({ path: table.key, message: t('At most {n} rows', { n: most }) })
  rows.forEach((row, index) => {
    for (const field of table.fields || []) {
      if (!isVisible(field, row, values)) continue
      found.push(...ofField(field, `${table.key}.${index}.${field.key}`, row, values))
    }
  })
  return found
}

function ofField(field: Field, path: string, row: Row, parent: Row | null): Problem[] {
  if (isFixed(field, row, parent)) return []
  const value = row[field.key]
  const message = isEmpty(value)
    ? isRequired(field, row, parent)
      ? missing(field)
      : ''
    : wrong(field, value as Value)
  return message ? [{ path, message }] : []
}

const TYPED = ['text', 'rich_text', 'number', 'money', 'phone', 'email', 'url', 'id_card', 'uscc', 'passport', 'barcode', 'address']

function missing(field: Field): string {
  if (field.type === 'attachment' || field.type === 'image') return t('Please upload {label}', { label: field.label })
  if (TYPED.indexOf(field.type) >= 0) return t('Please fill in {label}', { label: field.label })
  return t('Please choose {label}', { label: field.label })
}

function wrong(field: Field, value: Value): string {
  if (field.type === 'number' || field.type === 'money') return wrongNumber(field, String(value))
  if (field.type === 'date') return wrongDay(field, String(value))
  if (field.type === 'date_range' || field.type === 'datetime_range') return wrongRange(rangeOf(value))
  if (field.type === 'address') return addressOf(value).code ? '' : t('Please choose {label}', { label: field.label })
  if (Array.isArray(value)) return wrongCount(field, value.length)
  return field.type === 'text' ? wrongLength(field, String(value)) : doubtAbout(field.type, String(value))
}

function wrongLength(field: Field, text: string): string {
  const most = field.max === null || field.max === undefined ? 0 : Number(field.max)
  const length = Array.from(text).length
  if (most && length > most) return t('At most {n} characters', { n: most })
  return field.min_length && length < field.min_length ? t('At least {n} characters', { n: field.min_length }) : ''
}

function wrongCount(field: Field, count: number): string {
  if (field.min_items && count < field.min_items) return t('Choose at least {n}', { n: field.min_items })
  return field.max_items && count > field.max_items ? t('Choose at most {n}', { n: field.max_items }) : ''
}

function wrongRange(range: Range): string {
  if (!range.start) return t('Please choose the start')
  if (!range.end) return t('Please choose the end')
  return range.end < range.start ? t('The end lies before the start') : ''
}

function wrongNumber(field: Field, text: string): string {
  if (!isNumber(text)) return t('This is not a number')
  const { min, max } = field
  if (min !== null && min !== undefined && compare(text, String(min)) < 0)
    return t('At least {n}', { n: showNumber(String(min)) })
  if (max !== null && max !== undefined && compare(text, String(max)) > 0)
    return t('At most {n}', { n: showNumber(String(max)) })
  const most = places(field)
  return most !== null && scaleOf(text) > most ? t('At most {n} decimal places', { n: most }) : ''
}

function wrongDay(field: Field, day: string): string {
  const { min, max } = field
  if (typeof min === 'string' && day < min) return t('Not before {day}', { day: min })
  return typeof max === 'string' && day > max ? t('Not after {day}', { day: max }) : ''
}
