/** What the server tells the designer about fields, properties, functions and the house (docs/pages-api.md, Designer). */
import { get } from '../../../shared/api'
import type { Json } from '../yaml/emit'

export interface Property {
  name: string
  title: string
  help: string
  needed: boolean
  default: Json
  editor: string
  shape?: string
  choices?: { value: string; text: string }[]
  min?: number
  max?: number
  longest?: number
}

export interface FieldKind {
  type: string
  title: string
  group: string
  icon: string
  help: string
  layout: boolean
  computed: boolean
  in_rows: boolean
  kind: string
  needs: string[]
  starts: { [key: string]: Json }
  sections: { title: string; properties: string[] }[]
}

export interface FunctionInfo {
  name: string
  aliases: string[]
  group: string
  usage: string
  help: string
  example: string
  answer: string
}

export interface Named {
  key: string
  title: string
}

export interface Registry {
  kinds: FieldKind[]
  shapes: { [model: string]: Property[] }
  functions: FunctionInfo[]
  forms: Named[]
  option_sets: Named[]
  roles: string[]
  departments: string[]
}

export interface OtherField {
  key: string
  label: string
  type: string
  title: string
  to: string
  fields: OtherField[]
}

export interface Symbol_ {
  name: string
  key: string
  kind: string
  kind_name: string
  inner: Omit<Symbol_, 'inner'>[]
}

export const loadRegistry = (): Promise<Registry> => get<Registry>('/admin/api/designer')

const others: { [form: string]: Promise<OtherField[]> } = {}

/** The fields of a form in force; asked once. */
export function fieldsOf(form: string): Promise<OtherField[]> {
  others[form] ??= get<{ fields: OtherField[] }>(`/admin/api/designer/forms/${encodeURIComponent(form)}`).then(
    (answer) => answer.fields,
    () => {
      delete others[form]
      return []
    },
  )
  return others[form]
}
