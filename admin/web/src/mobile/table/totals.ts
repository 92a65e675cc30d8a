/** The totals row of a sub-table: exact sums of the columns that can be summed. */
import { sum } from '../../shared/decimal'
import type { Field, Row } from '../../shared/schema'
import { show } from '../form/values'

const NOT_SUMMED = /单价|价格|率|比例|折扣|price|rate|ratio|percent/i // a sum of prices or rates means nothing

export interface Total {
  label: string
  text: string
}

export function totalsOf(fields: readonly Field[], rows: readonly Row[]): Total[] {
  const summed = fields.filter((field) => (field.type === 'money' || field.type === 'number') && !NOT_SUMMED.test(field.label))
  return summed.map((field) => ({
    label: field.label,
    text: show(field, sum(rows.map((row) => String(row[field.key] || '')))) || '0',
  }))
}
