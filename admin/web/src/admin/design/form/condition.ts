/** Conditions as rows of the builder: the part of the expression language that is names, comparisons, 且 and 或. */

export interface Clause {
  name: string
  op: string
  /** as it is written in the expression; empty for 为空 and 不为空 */
  value: string
}

export interface Group {
  join: '且' | '或'
  parts: (Clause | Group)[]
}

export const isGroup = (one: Clause | Group): one is Group => 'parts' in one

const ALIKE: Record<string, string> = {
  '=': '==', '==': '==', 等于: '==', '!=': '!=', '<>': '!=', '≠': '!=', 不等于: '!=', 不是: '!=', '>': '>', 大于: '>', '<': '<', 小于: '<',
  '>=': '>=', '≥': '>=', 大于等于: '>=', 不小于: '>=', '<=': '<=', '≤': '<=', 小于等于: '<=', 不大于: '<=',
  属于: '属于', in: '属于', 不属于: '不属于', 包含: '包含', 不包含: '不包含', 开头是: '开头是', 结尾是: '结尾是',
  为空: '为空', 是空: '为空', 不为空: '不为空', 非空: '不为空', 不是空: '不为空',
}
const AND = ['且', '并且', '而且', 'and', '&&']
const OR = ['或', '或者', 'or', '||']
export const UNARY = ['为空', '不为空']
const WORDS = Object.keys(ALIKE).concat(AND, OR).sort((a, b) => b.length - a.length)

type Token = { kind: 'text' | 'number' | 'name' | 'op' | 'and' | 'or' | 'sign'; text: string }

/** Cut into tokens; null where something stands that the builder does not know. `names` may hold operators' characters. */
function tokens(text: string, names: readonly string[]): Token[] | null {
  const known = [...names].sort((a, b) => b.length - a.length)
  const found: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const blank = /^\s+/.exec(rest)
    if (blank) {
      at += blank[0].length
      continue
    }
    const token = literal(rest) ?? named(rest, known) ?? word(rest)
    if (!token) return null
    found.push(token)
    at += token.text.length
  }
  return found
}

function literal(rest: string): Token | null {
  const text = /^"[^"\\]*"|^'[^'\\]*'/.exec(rest)
  if (text) return { kind: 'text', text: text[0] }
  const number = /^-?\d+(\.\d+)?(万|亿|天|周|小时|分钟)?/.exec(rest)
  if (number) return { kind: 'number', text: number[0] }
  return /^[()[\],]/.test(rest) ? { kind: 'sign', text: rest[0] } : null
}

function named(rest: string, known: string[]): Token | null {
  const name = known.find((one) => rest.startsWith(one))
  return name ? { kind: 'name', text: name } : null
}

function word(rest: string): Token | null {
  const found = WORDS.find((one) => rest.toLowerCase().startsWith(one))
  if (found) return { kind: AND.includes(found) ? 'and' : OR.includes(found) ? 'or' : 'op', text: rest.slice(0, found.length) }
  const plain = /^(今天|现在|我的部门|我|是|否|真|假)/.exec(rest)
  return plain ? { kind: 'name', text: plain[0] } : null
}

/** The rows of a condition, or null where it says more than rows can. */
export function parsed(text: string, names: readonly string[]): Group | null {
  if (!text.trim()) return { join: '且', parts: [] }
  const all = tokens(text, names)
  if (!all) return null
  let at = 0
  const peek = (): Token | undefined => all[at]

  function group(): Group | null {
    const parts: (Clause | Group)[] = []
    let join: Token['kind'] | '' = ''
    for (;;) {
      const one = part()
      if (!one) return null
      parts.push(one)
      const next = peek()
      if (!next || next.text === ')') break
      if (next.kind !== 'and' && next.kind !== 'or') return null
      if (join && join !== next.kind) return null // 且 and 或 mixed without brackets: left to the text
      join = next.kind
      at++
    }
    return { join: join === 'or' ? '或' : '且', parts }
  }

  function part(): Clause | Group | null {
    if (peek()?.text !== '(') return clause()
    at++
    const inner = group()
    if (peek()?.text !== ')') return null
    at++
    return inner && inner.parts.length === 1 ? inner.parts[0] : inner
  }

  function clause(): Clause | null {
    const name = all![at++]
    const op = all![at++]
    if (name?.kind !== 'name' || op?.kind !== 'op') return null
    const sign = ALIKE[op.text.toLowerCase()]
    if (UNARY.includes(sign)) return { name: name.text, op: sign, value: '' }
    const value = valueOf()
    return value === null ? null : { name: name.text, op: sign, value }
  }

  function valueOf(): string | null {
    const one = all![at++]
    if (!one) return null
    if (['text', 'number', 'name'].includes(one.kind)) return one.text
    if (one.text !== '[') return null
    const items: string[] = []
    while (peek() && peek()?.text !== ']') {
      const next = all![at++]
      if (next.text !== ',') items.push(next.text)
    }
    at++
    return `[${items.join(', ')}]`
  }

  const found = group()
  return found && at === all.length ? found : null
}

/** The condition as it is written; clauses that are not finished are left out. */
export function printed(group: Group, inner = false): string {
  const texts = group.parts.map((one) => (isGroup(one) ? printed(one, true) : clauseText(one))).filter(Boolean)
  const text = texts.join(` ${group.join} `)
  return inner && texts.length > 1 ? `(${text})` : text
}

function clauseText({ name, op, value }: Clause): string {
  if (!name || !op || (!UNARY.includes(op) && !value)) return ''
  return UNARY.includes(op) ? `${name} ${op}` : `${name} ${op} ${value}`
}

/** Operators that make sense for a kind of value. */
export function operatorsOf(kind: string): string[] {
  if (['number', 'date', 'datetime', 'duration'].includes(kind)) return ['==', '!=', '>', '>=', '<', '<=', ...UNARY]
  if (kind === 'bool') return ['==']
  if (kind === 'list') return ['包含', '不包含', ...UNARY]
  if (kind === 'text') return ['==', '!=', '属于', '不属于', '包含', '不包含', '开头是', '结尾是', ...UNARY]
  return ['==', '!=', ...UNARY]
}

export const OPERATOR_TEXTS: Record<string, string> = { '==': '等于', '!=': '不等于', '>': '大于', '>=': '不小于', '<': '小于', '<=': '不大于' }

export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '')}"`
export const bare = (value: string): string => value.replace(/^["']|["']$/g, '')
/** `["A", "B"]` → A, B */
export const listed = (value: string): string[] => value.replace(/^\[|\]$/g, '').split(',').map((one) => bare(one.trim())).filter(Boolean)
