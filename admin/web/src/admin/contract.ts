/** Shapes of the admin interface (docs/pages-api.md, section Admin); FORM, RECORD, FLOW and STEP are in shared/schema.ts. */
import type { Flow, Form, PrintWay, RecordView, Step } from '../shared/schema'

export interface Me {
  name: string
  person: string | null
  role: string
}

export interface Session {
  csrf: string
  me: Me
  company?: string | { name: string } | null
}

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | ''

export interface Tile {
  key: string
  label: string
  value: string | number
  tone: Tone | string
  link: string | null
}

export interface PlatformHealth {
  name: string
  on: boolean
  healthy: boolean
  text: string
}

export interface Overview {
  tiles: Tile[]
  platforms: PlatformHealth[]
  recent: { at: string; who: string; text: string }[]
  /** what an administrator has to see to before it hurts */
  warnings?: { text: string; link: string }[]
}

export type DefinitionKind = 'form' | 'flow' | 'authority' | 'rule' | 'report' | 'aggregate' | 'table' | 'options'

export interface DefinitionRow {
  kind: DefinitionKind
  key: string
  title: string
  version: number
  published_at: string | null
  published_by: string | null
  has_draft: boolean
}

export interface VersionNote {
  version: number
  at: string
  by: string
  note: string
}

export interface VersionText extends VersionNote {
  text: string
}

export interface Draft {
  text: string
  revision: number
}

export interface Definition {
  kind: DefinitionKind
  key: string
  title: string
  published: VersionText | null
  draft: Draft | null
  history: VersionNote[]
  running: number
}

/** `line` and `column` count from 1. */
export interface TextProblem {
  line: number
  column: number
  path: string
  message: string
  level: 'error' | 'warning'
}

export interface CompletionName {
  insert: string
  label: string
  detail: string
}

export interface CardInput {
  key: string
  label: string
  kind: string
  required: boolean
  options: (string | { value: string; text: string })[] | null
  value: unknown
}

export interface CardButton {
  name: string
  text: string
  style: string
}

export interface Card {
  title: string
  tone: 'open' | 'done' | 'refused' | 'info'
  body: string
  fields: { label: string; value: string }[]
  inputs: CardInput[]
  submit: string | null
  buttons: CardButton[]
  note: string
}

/** Which keys are there depends on the kind of the definition. */
export interface Preview {
  form?: Form
  card?: Card
  steps?: Step[]
  sentence?: string
  image?: string
}

export interface CheckAnswer {
  problems: TextProblem[]
  kind: DefinitionKind | null
  key: string | null
  title: string | null
  names: CompletionName[]
  preview: Preview | null
}

export interface DiffAnswer {
  base: number
  changes: { sign: '+' | '-' | '~'; text: string }[]
  running: number
  note: string
}

export interface PublishAnswer {
  kind: DefinitionKind
  key: string
  version: number
  message: string
}

export interface FormRow {
  key: string
  title: string
  records: number
}

export interface RecordColumn {
  key: string
  label: string
  type: string
}

export interface RecordRow {
  id: string
  number: string
  version?: number
  state: string | { code: string; text: string } | null
  cells: (string | null)[]
  created_at: string
  created_by: string
}

/** A field to filter, sort or group by. */
export interface ListField extends RecordColumn {
  sortable?: string | boolean
}

export interface RecordGroup {
  value: unknown
  text: string
  count: number
  totals: Record<string, string>
}

export interface RecordPageAnswer {
  title: string
  columns: RecordColumn[]
  rows: RecordRow[]
  next: string | null
  total: number
  fields?: ListField[]
  totals?: Record<string, string>
  groups?: RecordGroup[]
  fill?: FillAddress
}

/** The address that opens a new draft, and the parameters it may carry. */
export interface FillAddress {
  address: string
  takes: { name: string; label: string }[]
}

export interface ImportSheet {
  name: string
  rows: number
  columns: { index: number; title: string; field: string | null }[]
}

export interface ImportAnswer {
  id: string
  sheets: ImportSheet[]
  fields: { path: string; label: string; required: boolean }[]
  keys: { key: string; label: string }[]
}

/** An import that was begun and has not ended: the server was stopped meanwhile. */
export interface StoppedImport {
  id: string
  name: string
  at: string
}

/** One version of an uploaded print template. */
export interface PrintTemplate {
  key: string
  version: number
  title: string
  kind: 'docx' | 'xlsx'
  name: string
  at: string
  by: string
  dropped: boolean
}

export interface PrintsAnswer {
  title: string
  ways: PrintWay[]
  office: boolean
  fields: { write: string; what: string; columns?: string[] }[]
  templates: PrintTemplate[]
}

export interface ExportState {
  state: 'running' | 'done' | 'failed'
  done: number
  total: number
  message: string
}

export interface ImportState {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  done: number
  total: number
  created: number
  updated: number
  same: number
  failed: number
  message: string
  dry_run: boolean
  errors: boolean
}

export interface FieldUse {
  kind: DefinitionKind
  key: string
  title: string
  text: string
  where: string
}

export interface RetypePreview {
  field: string
  label: string
  from: string
  total: number
  ok: number
  empty: number
  failed: number
  samples: { number: string; value: string; reason: string }[]
}

export interface RecordChange {
  at: string
  who: string
  action: string
  /** why, where somebody said so */
  text?: string
  changes: { label: string; before: string | null; after: string | null }[]
}

/** A rule made or changed the record: which version, what set it off, and what it saw. */
export interface Origin {
  what: 'created' | 'updated'
  rule: string
  title: string
  version: number
  event_text: string
  facts: Record<string, unknown>
  at: string
}

export interface RecordAnswer {
  record: RecordView
  flows: Flow[]
  history: RecordChange[]
  origins?: Origin[]
}

export interface InstanceRow {
  id: string
  title: string
  number: string
  flow: string
  version: number
  initiator: string
  state: string
  state_text: string
  started_at: string
  waiting: { step: string; who: string; since: string }[]
}

export interface InstancePageAnswer {
  rows: InstanceRow[]
  next: string | null
}

export interface InstanceAnswer {
  record: RecordView
  flow: Flow
}

export interface Department {
  id: string
  name: string
  parent: string | null
  head: string | null
}

export interface Person {
  id: string
  name: string
  nick: string
  title: string
  department: string
  manager: string | null
  roles: string[]
  platforms: string[]
  active: boolean
  email: string
  /** masked: 138****0001 */
  mobile: string
}

export interface ChatGroup {
  /** "" for a name that a definition writes to without there being such a group */
  id: string
  name: string
  platform: string
  way: string
  learned: boolean
  uses: string[]
}

export interface Destination {
  kind: string
  key: string
  title: string
  url: string
}

export interface ReachAnswer {
  channels: { key: string; name: string; on: boolean; text: string }[]
  allow: string
  groups: ChatGroup[]
  destinations: Destination[]
}

export interface PeopleAnswer {
  departments: Department[]
  people: Person[]
}

export interface OutboxRow {
  id: string
  kind: string
  person: string
  subject: string
  state: string
  attempts: number
  next_at: string | null
  error: string | null
  created_at: string
}

export interface OutboxAnswer {
  counts: Record<string, number>
  rows: OutboxRow[]
}

export interface Incident {
  id: string
  kind: string
  object: string
  text: string
  count: number
  first_at: string
  last_at: string
  state: string
}

export interface AuditRow {
  seq: number
  at: string
  who: string
  action: string
  object: string
  text: string
}

export interface ApiKey {
  id: string
  name: string
  person: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked: boolean
}

export type InterventionAction = 'jump' | 'reassign' | 'end' | 'reopen'

export interface Intervention {
  id: string
  /** what who looks may do: yes; alone: yes, with the reason once more; nothing */
  answer: 'yes' | 'alone' | ''
  instance_id: string
  title: string
  action: InterventionAction
  args: { step?: string; task_id?: string; to?: string }
  reason: string
  state: 'asked' | 'done' | 'refused'
  asked_by: string
  asked_at: string
  answered_by: string
  answered_at: string | null
}

export interface Delegation {
  id: string
  person: { id: string; name: string }
  to: { id: string; name: string }
  flows: string[]
  since: string
  until: string
  state: 'planned' | 'active' | 'over'
}

export interface CalendarAnswer {
  year: number
  days: { day: string; worked: boolean; own: boolean; shipped: string }[]
  shifts: string[]
  /** next year's holidays are not known yet */
  warning?: string
}

export interface Handover {
  person: { id: string; name: string }
  tasks: { title: string; step: string; state: string }[]
  started: { number: string; title: string }[]
  roles: string[]
  departments: string[]
  reports: string[]
  delegations: number
  flows: string[]
}
