/** What the 试走 endpoints answer (admin/trials.py). */
import type { Form, Person, Row, Step } from '../../shared/schema'

export interface TrialOpen {
  flow: string
  form: Form
  values: Row
  links: Record<string, { id: string; title: string; number: string }[]>
  people: Person[]
  person: string
  picks: { step: string; name: string; among: { id: string; name: string }[] }[]
  cases: string[]
  steps: Step[]
}

/** One thing that somebody says; the server replays all of them each time. */
export interface TrialAct {
  say: string
  step?: string
  person?: string
  comment?: string
  to?: string
  back?: string
  people?: string[]
  values?: Row
  picks?: Record<string, string[]>
}

export interface TrialLine {
  kind: string
  text: string
  why: string[]
}

export interface TrialTurn {
  /** which act of the client this was; null goes by itself */
  number: number | null
  at: string
  who: string
  text: string
  comment: string
  lines: TrialLine[]
}

export interface TrialStop {
  task: string
  step: string
  name: string
  person: string
  who: string
  buttons: { key: string; name: string }[]
  returns: { key: string; name: string }[]
  back: string
  choose_back: boolean
  picks: { step: string; name: string }[]
  fields: Record<string, 'read' | 'write' | 'hidden' | 'required'>
}

export interface Trial {
  title: string
  turns: TrialTurn[]
  problem: string
  at: number | null
  state: string
  state_text: string
  open: boolean
  now: string
  waiting: TrialStop[]
  steps: Step[]
  path: Record<string, string[]>[]
}

export interface TrialCaseResult {
  name: string
  ok: boolean
  line: string
}
