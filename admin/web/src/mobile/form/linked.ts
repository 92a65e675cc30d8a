/**
 * 数据联动, lookups and spans that only the server knows: asked a moment after something they depend on changed.
 * Late answers of older questions are dropped; without a network the server fills them when the form is handed in.
 */
import { onScopeDispose, reactive, ref } from 'vue'
import { post } from '../../shared/api'
import type { Field, Form, Option, Problem, Row, Value } from '../../shared/schema'
import { pattern } from './context'
import { typed } from './values'

const PAUSE = 300
const ASKS = ['lookup', 'rollup', 'date_range', 'datetime_range']

interface Answer {
  values?: { [path: string]: Value }
  options?: { [path: string]: Option[] }
  problems?: Problem[]
}

/** The ids whose change is worth a question; `*` where a field does not say what it depends on. */
export function triggers(form: Form): Set<string> {
  const found = new Set<string>()
  const look = (field: Field, table: string): void => {
    const asks = field.linked || ASKS.indexOf(field.type) >= 0
    if (asks) for (const key of field.depends || ['*']) found.add(key.indexOf('.') >= 0 || !table ? key : `${table}.${key}`)
    if (asks && table) for (const key of field.depends || []) found.add(key)
    if (asks && table) found.add(table) // a row that is taken away moves the options of those below
    if (/range$/.test(field.type)) found.add(table ? `${table}.${field.key}` : field.key)
    for (const column of field.fields || []) look(column, field.key)
  }
  for (const field of form.fields) look(field, '')
  return found
}

export function useLinked(form: Form, draftId: string, values: Row, lay: (found: { [path: string]: Value }) => void) {
  const options = reactive<{ [path: string]: Option[] }>({})
  const asking = ref(false)
  const wanted = triggers(form)
  let timer = 0
  let turn = 0

  function touched(ids: Set<string>): void {
    if (!wanted.size || !(wanted.has('*') || [...ids].some((id) => wanted.has(pattern(id))))) return
    window.clearTimeout(timer)
    turn += 1
    timer = window.setTimeout(() => void ask(), PAUSE)
  }

  async function ask(): Promise<void> {
    const mine = ++turn
    asking.value = true
    const url = `/h5/api/draft/${encodeURIComponent(draftId)}/linked`
    const answer = await post<Answer>(url, { values: typed(form.fields, values) }).catch(() => null)
    if (mine !== turn) return
    asking.value = false
    if (!answer) return
    const offered = answer.options || {}
    for (const path of Object.keys(options)) if (!offered[path]) delete options[path]
    Object.assign(options, offered)
    lay(answer.values || {})
  }

  onScopeDispose(() => window.clearTimeout(timer))
  return { options, asking, touched, ask, any: wanted.size > 0 }
}
