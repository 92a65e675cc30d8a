/** Words and marks of flow steps, shared by both layouts of the tree. */
import { t } from './i18n'
import type { Step, StepState } from './schema'

const KINDS: Record<Step['kind'], () => string> = {
  start: () => t('Start'),
  approve: () => t('Approval'),
  fill: () => t('Handling'),
  copy: () => t('Copied to'),
  branch: () => t('Branch'),
  create: () => t('New record'),
  end: () => t('End'),
}

const MARKS: Record<StepState, string> = { done: '✓', active: '', waiting: '', skipped: '–', refused: '✕' }

export function kindName(kind: Step['kind']): string {
  const name = KINDS[kind]
  return name ? name() : kind
}

export function markOf(state: StepState): string {
  return MARKS[state] || ''
}

const STATES: Record<StepState, () => string> = {
  done: () => t('done'),
  active: () => t('in progress'),
  waiting: () => t('not yet'),
  skipped: () => t('skipped'),
  refused: () => t('refused'),
}

export function stateName(state: StepState): string {
  const name = STATES[state]
  return name ? name() : state
}
