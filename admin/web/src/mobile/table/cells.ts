/** Cells of the wide editor: how wide, edited in place or in the row's sheet, which native input. */
import { isAmount } from '../../shared/fieldTypes'
import type { Field } from '../../shared/schema'

/** Typing in the active cell: with this text first, or (null) with what is there; `awake`: the cell has taken the key itself. */
export interface Editing {
  text: string | null
  awake?: boolean
}

const INPUTS: { [type: string]: string } = {
  text: 'text',
  number: 'text',
  money: 'text',
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
  phone: 'tel',
  email: 'email',
  url: 'url',
  id_card: 'text',
  uscc: 'text',
  passport: 'text',
  barcode: 'text',
}

/** The input's type when the cell is typed in place, `select` for a choice, null for the row's sheet. */
export function editorOf(field: Field): string | null {
  if (field.type === 'select' && !field.other) return 'select'
  if (field.type === 'text' && (field.lines || 1) > 3) return null
  return INPUTS[field.type] || null
}

const CATCHING = ['text', 'tel', 'email', 'url']

/** Text is caught by the cell's own input, so that an input method can begin in it. */
export const catches = (field: Field): boolean => CATCHING.indexOf(editorOf(field) || '') >= 0

export function widthOf(field: Field): number {
  if (isAmount(field.type)) return 112
  if (field.type === 'date' || field.type === 'time') return 128
  if (field.type === 'datetime') return 176
  if (field.type === 'switch') return 72
  return Math.max(104, Math.min(220, field.label.length * 15 + 40))
}
