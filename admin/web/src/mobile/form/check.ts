/** What the page can say before the server does. The server checks all of it again. */
import { compare, isNumber, scaleOf, showNumber } from '../../shared/decimal'
import { t } from '../../shared/i18n'
import type { Field, Form, Problem, Row, Value } from '../../shared/schema'
import { isRequired, isVisible, strike } from './formula'
import { isEmpty, places, rowsOf } from './values'

/** Every problem of the form, in the order of the page. */
export function problemsOf(form: Form, values: Row): Problem[] {
  const found: Problem[] = []
  for (const field of form.fields) {
    if (!isVisible(field, values)) continue
    found.push(...(field.type === 'subtable' ? ofTable(field, values) : ofField(field, field.key, values, null)))
  }
  for (const say of strike(form.checks, values).block) found.push({ path: '', message: say })
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
  if (field.formula || field.readonly) return []
  const value = row[field.key]
  const message = isEmpty(value)
    ? isRequired(field, row, parent)
      ? missing(field)
      : ''
    : wrong(field, value as Value)
  return message ? [{ path, message }] : []
}

function missing(field: Field): string {
  const picked = ['select', 'multi_select', 'date', 'datetime', 'member', 'link'].indexOf(field.type) >= 0
  if (field.type === 'attachment') return t('Please upload {label}', { label: field.label })
  return picked ? t('Please choose {label}', { label: field.label }) : t('Please fill in {label}', { label: field.label })
}

function wrong(field: Field, value: Value): string {
  if (field.type === 'number' || field.type === 'money') return wrongNumber(field, String(value))
  if (field.type === 'date') return wrongDay(field, String(value))
  const most = field.max === null || field.max === undefined ? 0 : Number(field.max)
  if (field.type === 'text' && most && String(value).length > most) return t('At most {n} characters', { n: most })
  return ''
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
