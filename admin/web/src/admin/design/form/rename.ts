/** A field gets another name: everywhere in the form where its old name stands, the new one is written. */
import type { Path, Value } from '../yaml/document'
import type { Change } from '../yaml/edit'
import type { Json } from '../yaml/emit'

const EXPRESSIONS = new Set(['formula', 'required_if', 'visible_if', 'readonly_if', 'if', 'condition'])
const TEMPLATES = new Set(['summary', 'rule', 'html', 'rename'])
const NAMES = new Set(['via', 'target', 'each', 'at', 'lock'])

/** The expression with `from` written `to`. `labels`: all names there are, since the longest one is meant. */
export function renamed(text: string, from: string, to: string, labels: readonly string[]): string {
  const words = [...new Set([from, ...labels])].sort((a, b) => b.length - a.length).map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`"[^"]*"|'[^']*'|${words.join('|')}`, 'g')
  return text.replace(pattern, (found) => (found === from ? to : found))
}

/** All changes in a form that follow from the new name of a field. */
export function renaming(form: Value, from: string, to: string, labels: readonly string[]): Change[] {
  const found: Change[] = []
  walk(form, [], (path, name, text) => {
    const next = rewritten(name, text, from, to, labels, path)
    if (next !== text) found.push({ do: 'set', path, value: next })
  })
  return found
}

function rewritten(name: string, text: string, from: string, to: string, labels: readonly string[], path: Path): string {
  if (EXPRESSIONS.has(name)) return renamed(text, from, to, labels)
  if (name === 'default') return text.startsWith('=') ? renamed(text, from, to, labels) : text
  if (TEMPLATES.has(name)) return text.split(`{${from}}`).join(`{${to}}`)
  const within = path.slice(0, -1).reverse().find((one) => typeof one === 'string')
  if (NAMES.has(name) || (typeof path[path.length - 1] === 'number' && (NAMES.has(String(within)) || path[0] === 'unique'))) return text === from ? to : text
  return text
}

function walk(value: Json, path: Path, visit: (path: Path, name: string, text: string) => void): void {
  if (typeof value === 'string') visit(path, String(path[path.length - 1]), value)
  else if (Array.isArray(value)) value.forEach((one, index) => walk(one, [...path, index], visit))
  else if (value && typeof value === 'object') for (const [key, one] of Object.entries(value)) walk(one, [...path, key], visit)
}
