/** A walk as the lines of a case (`tests:` of a flow): JSON is YAML, so parts are written as JSON on one line. */
import type { Row } from '../../shared/schema'
import type { Trial, TrialAct, TrialOpen } from './contract'

const WORDS: Record<string, string> = {
  approve: '同意', reject: '拒绝', return: '退回', transfer: '转交', add_before: '前加签', add_after: '后加签', resubmit: '重新提交', withdraw: '撤回',
  expire: '超时', done: '回应', fail: '没有通过', on: '到时',
}

const filled = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && !value.length)))

function actText(act: TrialAct): string {
  const said: Record<string, unknown> = { say: WORDS[act.say] ?? act.say }
  if (act.step) said.at = act.step
  if (act.person) said.person = act.person
  if (act.say === 'transfer') said.to = (act.people ?? [])[0]
  else if (act.people?.length) said.people = act.people
  if (act.say === 'return' && act.to) said.to = act.to
  if (act.back) said.back = act.back
  if (act.values) said.values = filled(act.values)
  if (act.picks) said.picks = act.picks
  return JSON.stringify(said)
}

/** The lines of one case, two blanks in, without a line break at the end. */
export function caseText(person: string, values: Row, picks: Record<string, string[]>, acts: TrialAct[], walk: Trial, setup: TrialOpen | null): string {
  const computed = new Set((setup?.form.fields ?? []).filter((one) => one.computed || one.formula || one.readonly).map((one) => one.key))
  const kept = Object.fromEntries(Object.entries(filled(values)).filter(([key]) => !computed.has(key)))
  const name = `${walk.title} ${walk.state_text}`.slice(0, 60)
  const lines = [`  - name: ${JSON.stringify(name)}`, `    by: ${person}`, `    values: ${JSON.stringify(kept)}`]
  if (Object.keys(picks).length) lines.push(`    picks: ${JSON.stringify(picks)}`)
  if (acts.length) lines.push('    acts:', ...acts.map((act) => `      - ${actText(act)}`))
  lines.push('    path:', ...walk.path.map((visit) => `      - ${JSON.stringify(visit)}`), `    ends: ${walk.state}`)
  return lines.join('\n')
}

/** The flow's text with one more case; `tests:` is made when there is none yet. */
export function withCase(text: string, lines: string): string {
  const found = /^tests:[ \t]*(#.*)?$/m.exec(text)
  if (found) {
    const end = found.index + found[0].length
    return `${text.slice(0, end)}\n${lines}${text.slice(end)}`
  }
  return `${text.replace(/\s*$/, '')}\ntests:\n${lines}\n`
}
