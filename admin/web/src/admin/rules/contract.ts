/** What the rule endpoints answer (admin/rules.py). */
export interface RuleRow {
  key: string
  title: string
  version: number
  trigger: string
  sentence: string
  counts: Record<string, number>
}

/** A large look of a rule of the clock: chunk by chunk, resumed when the process died. */
export interface SweepRow {
  id: string
  rule: string
  title: string
  version: number
  state: 'running' | 'done' | 'replaced'
  state_text: string
  found: number
  taken: number
  fired: number
  started_at: string
  ended_at: string | null
}

export interface Clause {
  text: string
  truth: boolean | null
  value: unknown
  parts?: Clause[]
}

export interface RuleRun {
  id: string
  rule: string
  title: string
  version: number
  form: string
  record_id: string
  record: string
  event: string
  outcome: string
  outcome_text: string
  at: string
  actor: string
  depth: number
  clauses: Clause[]
  facts: Record<string, unknown>
  actions: string[]
  error: string
  milliseconds: number
  /** how often a failed run tried again by itself, and when it does so next */
  tries: number
  next_at: string | null
}

export interface Why {
  title: string
  sentence: string
  form: string
  record_id: string
  record: string
  answer: string
  clauses: Clause[]
  would: string[]
  runs: RuleRun[]
}

export interface DryRun {
  sentence: string
  hits: number
  added: number
  gone: number
  examples: { id: string; form: string; number: string; title: string; would: string[] }[]
  gone_examples: { id: string; form: string; number: string; title: string }[]
}

export interface SumTable {
  key: string
  title: string
  version: number
  sentence: string
}

export interface Origin {
  text: string
  rule: string
  at: string
}

/** A clause's value as people read it. */
export function said(value: unknown): string {
  if (value === null || value === undefined || value === '') return '空'
  if (value === true) return '是'
  if (value === false) return '否'
  if (Array.isArray(value)) return value.map(said).join(' 与 ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
