/** What inputs may ask of the form they stand in: its draft, records to choose, options that came by 数据联动. */
import { inject, type InjectionKey } from 'vue'
import type { Field, Option, Row } from '../../shared/schema'

export interface Choice {
  id: string
  title: string
  number: string
  cells: string[]
  fill: Row
}

export interface Choices {
  columns: string[]
  rows: Choice[]
  next: string | null
}

export interface FormContext {
  draftId: string
  /** records can be searched here; without it a number or title is typed */
  searchable: boolean
  /** titles of linked records by id, as far as they were seen */
  titles: { [id: string]: string }
  /** options by path, where another field decides what may be chosen */
  options: { [path: string]: Option[] }
  /** counts up whenever a field or a column (`items.amount`) changed */
  ticks: { [id: string]: number }
  /** records of the newest kind for forms that are linked, from the page itself */
  links: { [form: string]: { id: string; title: string; number: string }[] }
  choices: (path: string, q: string, after: string | null) => Promise<Choices>
  /** take over what another device put into the draft; true when there was something */
  pull: () => Promise<boolean>
  /** lay values over the row (or form) that holds the path */
  lay: (path: string, fill: Row) => void
}

export const FORM: InjectionKey<FormContext> = Symbol('form')

/** A form that stands alone: nothing to look up. */
export const NONE: FormContext = {
  draftId: '',
  searchable: false,
  titles: {},
  options: {},
  ticks: {},
  links: {},
  choices: () => Promise.resolve({ columns: [], rows: [], next: null }),
  pull: () => Promise.resolve(false),
  lay: () => {},
}

export const useForm = (): FormContext => inject(FORM, NONE)

/** `items.3.kind` → `items.kind`, the path of the definition. */
export const pattern = (path: string): string => path.replace(/\.\d+(?=\.|$)/g, '')

/** The field as it is here and now: options that 数据联动 brought. */
export function withOptions(field: Field, path: string, form: FormContext): Field {
  const options = form.options[path] || form.options[pattern(path)]
  if (!options) return field
  const own = field.options || []
  return { ...field, options: [...own, ...options.filter((one) => !own.some((other) => other.value === one.value))], other: !!field.free }
}
