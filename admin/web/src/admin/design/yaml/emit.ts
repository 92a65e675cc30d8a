/** Values as YAML text, written as the suites write them: short things on one line, long ones in lines of their own. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const LONGEST = 100
const STEP = 2
const INDICATORS = /[,[\]{}]/
const WORDS = /^(y|n|yes|no|on|off|true|false|null|none)$/i
// Begins with a letter or a Chinese character, holds nothing that YAML could take for something else.
const PLAIN = /^[A-Za-z_\u4e00-\u9fff（「][^:#\n\t\r\\`]*$/

/** A text or number on one line; `flow` stands inside [ ] or { }. */
export function scalar(value: string | number | boolean | null, flow: boolean): string {
  if (typeof value !== 'string') return String(value)
  const plain = PLAIN.test(value) && value === value.trim() && !WORDS.test(value) && !(flow && INDICATORS.test(value))
  if (plain) return value
  if (value.includes('"') && !/['\n\t\r\\]/.test(value)) return `'${value}'`
  return JSON.stringify(value)
}

const isScalar = (value: Json): value is string | number | boolean | null => typeof value !== 'object' || value === null

/** On one line. */
export function inline(value: Json): string {
  if (isScalar(value)) return scalar(value, true)
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  return `{${entries(value).map(([key, one]) => `${scalar(key, true)}: ${inline(one)}`).join(', ')}}`
}

export const entries = (value: { [key: string]: Json }): [string, Json][] => Object.entries(value).filter(([, one]) => one !== undefined)

const holdsMaps = (value: Json): boolean => !isScalar(value) && Object.values(value).some((one) => !isScalar(one) && (!Array.isArray(one) || holdsMaps(one)))
const isFlat = (value: Json): boolean => (Array.isArray(value) ? value.every(isScalar) : !holdsMaps(value))

function fits(value: Json, indent: number): boolean {
  return isFlat(value) && indent + inline(value).length <= LONGEST
}

/** What stands behind `key:` or `-` at this indentation: ` text` on the same line, or lines of their own. */
export function block(value: Json, indent: number): string {
  if (isScalar(value)) return ` ${lines(value, indent)}`
  const empty = Array.isArray(value) ? !value.length : !entries(value).length
  if (empty || fits(value, indent)) return ` ${inline(value)}`
  if (Array.isArray(value)) return value.map((one) => `\n${' '.repeat(indent)}-${item(one, indent)}`).join('')
  return entries(value).map(([key, one]) => `\n${' '.repeat(indent)}${pair(key, one, indent)}`).join('')
}

/** `key: value` of a map whose keys stand at this indentation. */
export function pair(key: string, value: Json, indent: number): string {
  return `${scalar(key, true)}:${block(value, indent + STEP)}`
}

/** What stands behind the `-` at this indentation. */
export function item(value: Json, indent: number): string {
  if (isScalar(value) || Array.isArray(value) || fits(value, indent + STEP)) return block(value, indent + STEP)
  return ` ${block(value, indent + STEP).trimStart()}`
}

function lines(value: string | number | boolean | null, indent: number): string {
  const literal = typeof value === 'string' && /^[^\s][^\t\r]*\n[^\t\r]*$/.test(value) && !/ \n|\n\n$/.test(value)
  if (!literal) return scalar(value, false)
  const text = String(value)
  const body = text.replace(/\n$/, '').split('\n').map((line) => (line ? ' '.repeat(indent) + line : '')).join('\n')
  return `|${text.endsWith('\n') ? '' : '-'}\n${body}`
}
