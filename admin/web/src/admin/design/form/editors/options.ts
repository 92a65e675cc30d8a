/** Options as the YAML writes them: plain text where there is nothing but a value. */
import type { Json } from '../../yaml/emit'

export interface Option {
  value: string
  text?: string
  color?: string
  [more: string]: Json | undefined
}

export const optionsOf = (value: Json | undefined): Option[] =>
  (Array.isArray(value) ? value : []).map((one) => (one && typeof one === 'object' ? ({ ...one } as unknown as Option) : { value: String(one) }))

export function shortened(option: Option): Json {
  const rest = Object.entries(option).filter(([name, one]) => one !== undefined && one !== '' && !(name === 'text' && one === option.value))
  return rest.length === 1 ? option.value : Object.fromEntries(rest as [string, Json][])
}

/** One option a line (the first cell of a pasted sheet); those that were there before keep their colour and the rest. */
export function fromLines(text: string, before: readonly Option[]): Option[] {
  const names = text.split(/\r?\n/).map((line) => line.split('\t')[0].trim().slice(0, 60)).filter(Boolean)
  return [...new Set(names)].map((name) => before.find((one) => (one.text ?? one.value) === name) ?? { value: name })
}
