/** The totals row of a sub-table: exact sums of the columns that can be summed, each summed again only when it changed. */
import { computed, toRaw, type ComputedRef } from 'vue'
import { sum } from '../../shared/decimal'
import { isAmount } from '../../shared/fieldTypes'
import type { Field, Row } from '../../shared/schema'
import { show } from '../form/values'

const NOT_SUMMED = /单价|价格|率|比例|折扣|price|rate|ratio|percent/i // a sum of prices or rates means nothing

export interface Total {
  key: string
  label: string
  text: string
}

export const isSummed = (field: Field): boolean => isAmount(field.type) && !NOT_SUMMED.test(field.label)

export function totalOf(field: Field, rows: readonly Row[]): string {
  return show(field, sum(rows.map((row) => String(row[field.key] || '')))) || '0'
}

/** `ticks` of the table and of the column tell when a column has to be summed again; the cells are not watched one by one. */
export function useTotals(table: Field, rows: () => readonly Row[], ticks: { [id: string]: number }): ComputedRef<Total[]> {
  const parts = (table.fields || []).filter(isSummed).map((field) =>
    computed<Total>(() => {
      void ticks[table.key]
      void ticks[`${table.key}.${field.key}`]
      return { key: field.key, label: field.label, text: totalOf(field, toRaw(rows())) }
    }),
  )
  return computed(() => parts.map((part) => part.value))
}
