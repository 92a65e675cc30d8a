/** Types of the server's JSON. Sources: docs/pages-api.md (H5, admin cards) and docs/sandbox.md (drawn cards, chats). */
import type { Problem } from './api'
import type { FieldType } from './fieldTypes'

export type { Problem }

/** Syntax tree of core/expressions; walked by expr.ts. */
export type Tree = { [key: string]: unknown }

export type { FieldType }

export interface Option {
  value: string
  text: string
  /** `#rrggbb` or a colour name of the palette */
  color?: string
  /** no longer offered; shown where it is chosen already */
  off?: boolean
  help?: string
  /** excludes all others */
  alone?: boolean
}

export type Width = 'full' | 'half' | 'third'

export interface Field {
  key: string
  label: string
  type: FieldType
  required?: boolean
  readonly?: boolean
  placeholder?: string
  /** how much of a line it takes on a wide page */
  width?: Width | null
  help?: string
  /** what a new row starts with: a value, or a tree to work out */
  default?: Value | { tree: Tree }
  options?: Option[]
  min?: string | number | null
  max?: string | number | null
  decimals?: number | null
  unit?: string | null
  /** text: 1 is a single line */
  lines?: number
  formula?: Tree | null
  required_if?: Tree | null
  visible_if?: Tree | null
  fields?: Field[]
  rows?: [number | null, number | null]
  accept?: string | string[] | null
  max_files?: number | null
  /** bytes; a small number is megabytes, as in the definition */
  max_size?: number | null
  /** link: where to search, `GET {lookup}?q=` → [Option]; without it the number or title is typed */
  lookup?: string | null
  /** false: no value (section, tab, note, backlinks) */
  stored?: boolean
  /** the server fills it; shown, never sent */
  computed?: boolean
  readonly_if?: Tree | null
  unique?: boolean
  collapsed?: boolean
  min_length?: number | null
  pattern?: string | null
  /** `9` digit, `A` letter, `*` any, the rest literal */
  mask?: string | null
  scan?: boolean
  /** the parameter of the page's address that may fill it */
  url?: string | null
  /** of a barcode: how it is drawn */
  code?: 'qr' | 'code128' | 'ean13'
  thousands?: boolean
  currency?: string | null
  capital?: boolean
  /** minutes */
  step?: number | null
  span_unit?: 'days' | 'workdays' | 'hours' | 'workhours' | null
  other?: boolean
  /** words of one's own are taken even when the options are known */
  free?: boolean
  style?: 'dropdown' | 'radio' | null
  min_items?: number | null
  max_items?: number | null
  among?: { roles?: string[]; departments?: string[]; people?: string[] | null } | null
  detail?: boolean
  to?: string | null
  create?: boolean
  columns?: string[] | null
  pick?: { form: string; title?: string; many?: boolean } | null
  linked?: boolean
  depends?: string[] | null
  take?: string | null
  shown_type?: FieldType | null
}

export interface Check {
  when: Tree
  say: string
  level: 'block' | 'warn'
  /** the field where it is said; empty for the whole form */
  at?: string
}

export interface Form {
  key: string
  title: string
  version: number
  fields: Field[]
  checks: Check[]
  tabs?: boolean
}

export interface Attachment {
  id: string
  name: string
  size: number
  type: string
}

/** A range of days or moments; `span` is the server's, in the field's `span_unit`. */
export interface Range {
  start: string | null
  end: string | null
  span?: string | null
}

/** The code says province, city and district; the texts are for reading. */
export interface Address {
  code: string
  province?: string
  city?: string
  district?: string
  detail?: string
}

export type Value = string | boolean | null | string[] | Attachment[] | Row[] | Range | Address
/** Values of a record or of one sub-table row by field key; numbers and money are strings. */
export interface Row {
  [key: string]: Value | undefined
}

export interface Person {
  id: string
  name: string
  department?: string
}

export interface Me {
  id: string
  name: string
}

/** A department or a role to choose. */
export interface Unit {
  id: string
  name: string
  parent?: string | null
}

interface Opened {
  csrf: string
  me: Me
  now: string
  zone: string
}

export interface Draft {
  id: string
  revision: number
  values: Row
  submitted: null | { number: string; record_id: string }
  /** for whom it is filled in (代发起); '' for oneself */
  on_behalf?: string
}

export interface FormPage extends Opened {
  kind: 'form'
  draft: Draft
  /** the person may start for somebody else */
  behalf?: boolean
  form: Form
  people: Person[]
  departments?: Unit[]
  roles?: Unit[]
  /** newest records of linked forms, by form */
  links?: { [form: string]: { id: string; title: string; number: string }[] }
  problems: Problem[]
}

export type Verb = 'approve' | 'reject' | 'return' | 'transfer' | 'add_before' | 'add_after' | 'add_beside'

/** After a 退回: straight back to who sent it, all again, or again only if watched fields changed. */
export type Back = 'straight' | 'rewalk' | 'changed'

/** A later step whose people somebody chooses; an empty `among` means anybody. */
export interface Pick {
  step: string
  name: string
  among: { id: string; name: string }[]
}

/** What can be done with an open task, and how it is called here. */
export interface Offer {
  buttons: { key: Verb; name: string }[]
  reason: Verb[]
  returns: { key: string; name: string }[]
  back: Back | ''
  choose_back: boolean
  fields: Record<string, 'read' | 'write' | 'hidden' | 'required'>
  picks: Pick[]
  /** out of whom a hand-over and 加签 may choose; empty: anybody */
  candidates?: string[]
  via: string
}

/** Who would be asked if it were handed in now. */
export interface Foreseen {
  flow: string | null
  steps: { key: string; name: string; kind: string; people: string[]; nobody: boolean }[]
  picks: Pick[]
  problem: string
}

export interface TaskPage extends Opened {
  kind: 'task'
  task: {
    id: string
    version: number
    step: string
    state: string
    assignee: string
    opened_at: string
    decided: null | { by: string; verdict: string; at: string; comment: string }
  }
  record: RecordView
  flow: Flow
  actions: Verb[]
  offer?: Offer | null
  /** the fields that this step lets its people change */
  form?: { form: Form; values: Row; titles?: { [id: string]: string } } | null
  /** whom the visitor asked by 加签 and may still take back */
  signers?: { task: string; name: string }[]
  phrases: { approve?: string[]; reject?: string[]; return?: string[] }
  people: Person[]
}

export interface RecordPage extends Opened {
  kind: 'record'
  record: RecordView
  flow: Flow | null
  people?: Person[]
}

export type Page = FormPage | TaskPage | RecordPage

export interface RecordView {
  form: string
  title: string
  number: string
  id: string
  version: number
  state: { code: string; text: string }
  created_at: string
  created_by: string
  rows: ShownRow[]
  subtables: {
    key: string
    label: string
    columns: { key: string; label: string; type: FieldType }[]
    rows: string[][]
    totals: (string | null)[]
  }[]
  files: (Attachment & { field: string })[]
  effective?: { at: string } | null
  voided?: { at: string; reason: string } | null
  deleted?: boolean
  comments?: Comment[]
  buttons?: RecordButton[]
  /** which rules made or changed it */
  origins?: { what: 'created' | 'updated'; title: string; version: number; event_text: string; at: string }[]
  can?: RecordRight[]
  prints?: PrintWay[]
  groups?: { label: string; type?: string; keys: string[] }[]
  backlinks?: { key: string; label: string; form: string; rows: { id: string; title: string; number?: string }[] }[]
}

/** A way to print a record: the formats it comes in (html, pdf, docx, xlsx). */
export interface PrintWay {
  key: string
  title: string
  formats: string[]
}

export type RecordRight = 'copy' | 'comment' | 'void' | 'effect' | 'delete' | 'restore' | 'print'

export interface ShownRow {
  key: string
  label: string
  type: FieldType
  value: string
  /** data URL: a QR code */
  image?: string | null
  /** rich text that the server has sanitised */
  html?: boolean
  link?: { form: string; id: string } | null
  color?: string | null
  width?: Width
  /** 大写 of an amount */
  capital?: string | null
}

export interface Comment {
  id: string
  at: string
  who: string
  text: string
  mentions?: string[]
  files?: Attachment[]
}

export interface RecordButton {
  key: string
  text: string
  style?: string
  confirm?: string
  ask?: Field[]
}

export interface Moment {
  at: string
  who: string
  action: string
  text: string
  comment: string
  step: string
}

export type StepState = 'done' | 'active' | 'waiting' | 'skipped' | 'refused'

export interface Step {
  key: string
  kind: 'start' | 'approve' | 'fill' | 'copy' | 'branch' | 'create' | 'end'
  name: string
  state: StepState
  text: string
  /** `state` is a word of the picture (done, active …), `text` what people read; the text may be missing */
  people: { task?: string | null; name: string; state: string; text?: string; at: string | null; comment: string }[]
  paths: { name: string; condition: string; taken: boolean; steps: Step[] }[]
}

export interface Flow {
  id: string
  flow: string
  version: number
  state: 'running' | 'approved' | 'rejected' | 'returned' | 'withdrawn' | 'ended'
  state_text: string
  initiator: string
  started_at: string
  ended_at: string | null
  timeline: Moment[]
  steps: Step[]
  /** what who looks may do: withdraw, urge */
  can?: string[]
}

/** What either platform's client shows of a card; every key is always present. */
export interface Drawn {
  title: string
  subtitle: string
  tint: 'open' | 'done' | 'refused' | 'info'
  rows: { label: string; value: string; url: string | null }[]
  markdown: string
  image: string | null
  form: null | DrawnForm
  buttons: DrawnButton[]
  selects: DrawnSelect[]
  menu: { key: string; text: string }[]
  link: string | null
  note: string
}

export interface DrawnButton {
  key: string
  text: string
  style: 'primary' | 'default' | 'danger'
  enabled: boolean
  url: string | null
}

export interface DrawnSelect {
  key: string
  title: string
  multiple: boolean
  enabled: boolean
  options: Option[]
  value: string[]
}

export interface DrawnForm {
  key: string
  submit: string
  enabled: boolean
  fields: DrawnField[]
}

export type DrawnValue = string | number | boolean | string[] | null

export interface DrawnField {
  key: string
  label: string
  type: string
  required: boolean
  required_message: string
  readonly: boolean
  placeholder: string
  format: string | null
  options: Option[]
  value: DrawnValue
}
