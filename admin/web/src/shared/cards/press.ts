/** What pressing a card sends to the sandbox: `button` or the form's values, and WeCom's selections. */
import type { Drawn, DrawnValue } from '../schema'

export interface Press {
  button?: string
  values?: Record<string, DrawnValue>
  selected?: Record<string, string | string[]>
}

/** A fresh copy of the values the form shows. */
export function shownValues(card: Drawn): Record<string, DrawnValue> {
  const values: Record<string, DrawnValue> = {}
  if (card.form) for (const field of card.form.fields) values[field.key] = Array.isArray(field.value) ? [...field.value] : field.value
  return values
}

export function shownChoices(card: Drawn): Record<string, string[]> {
  const chosen: Record<string, string[]> = {}
  for (const select of card.selects) chosen[select.key] = [...select.value]
  return chosen
}
