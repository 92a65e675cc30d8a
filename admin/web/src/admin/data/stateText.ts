/** A record row's state: the server may send the pair or only its text. */
import type { RecordRow } from '../contract'

export function stateOf(row: RecordRow): { code: string; text: string } | null {
  if (!row.state) return null
  return typeof row.state === 'string' ? { code: codeOf(row.state), text: row.state } : row.state
}

const codes: Record<string, string> = {
  已保存: 'saved', 审批中: 'running', 已通过: 'approved', 已拒绝: 'rejected', '已退回，待修改': 'returned',
  已撤回: 'withdrawn', 已结束: 'ended',
}

function codeOf(text: string): string {
  return codes[text] ?? text
}
