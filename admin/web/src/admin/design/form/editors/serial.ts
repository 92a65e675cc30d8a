/** A serial rule such as `HT-{yyyyMM}-{seq:4}` as pieces, and back. */

export interface Piece {
  kind: 'text' | 'date' | 'seq' | 'field'
  value: string
}

export function pieces(rule: string): Piece[] {
  return [...rule.matchAll(/\{([^{}]*)\}|[^{}]+/g)].map((found): Piece => {
    const inner = found[1]
    if (inner === undefined) return { kind: 'text', value: found[0] }
    const seq = /^seq(?::(\d+))?$/.exec(inner)
    if (seq) return { kind: 'seq', value: seq[1] ?? '1' }
    return /^(yyyy|yy|MM|dd)+$/.test(inner) ? { kind: 'date', value: inner } : { kind: 'field', value: inner }
  })
}

export function ruleOf(found: readonly Piece[]): string {
  return found.map(({ kind, value }) => (kind === 'text' ? value : kind === 'seq' ? `{seq:${value}}` : `{${value}}`)).join('')
}

/** What the first number of today looks like. */
export function numberOf(found: readonly Piece[], now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const dates: Record<string, string> = { yyyy: String(now.getFullYear()), yy: String(now.getFullYear()).slice(2), MM: two(now.getMonth() + 1), dd: two(now.getDate()) }
  return found
    .map(({ kind, value }) => {
      if (kind === 'seq') return '1'.padStart(Number(value), '0')
      return kind === 'date' ? value.replace(/yyyy|yy|MM|dd/g, (part) => dates[part]) : kind === 'field' ? `〈${value}〉` : value
    })
    .join('')
}
