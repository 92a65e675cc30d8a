/** Defaults by URL: `/h5/l/…?客户=鸿达` fills a field that is still empty where its definition says `default: {url: 客户}`. */
import type { Form, Row, Value } from '../../shared/schema'
import { queryOf } from '../query'
import { fromText } from '../table/paste'
import { isFixed } from './formula'
import { isEmpty } from './values'

export function prefill(form: Form, values: Row, handle: string): [string, Value][] {
  return fromQuery(form, values, queryOf(handle))
}

export function fromQuery(form: Form, values: Row, query: URLSearchParams): [string, Value][] {
  const found: [string, Value][] = []
  for (const field of form.fields) {
    const text = field.url ? query.get(field.url) : ''
    if (!text || isFixed(field, values) || !isEmpty(values[field.key])) continue
    const value = fromText(field, text.slice(0, 2000))
    if (value !== undefined && value !== null) found.push([field.key, value])
  }
  return found
}
