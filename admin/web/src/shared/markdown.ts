/** The little Markdown that chat clients show, as a tree; no HTML of the text ever reaches the page. */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold'; text: string }
  | { kind: 'italic'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'colour'; colour: string; inside: Inline[] }
  | { kind: 'link'; text: string; url: string }
  | { kind: 'image'; text: string; url: string }

export type Block =
  | { kind: 'heading'; level: number; inside: Inline[] }
  | { kind: 'paragraph'; lines: Inline[][] }
  | { kind: 'quote'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'line' }

const INLINE =
  /!\[([^\]]*)\]\(([^)\s]+)\)|\[([^\]]+)\]\(([^)\s]+)\)|<font\s+color=["']?([#\w]+)["']?\s*>([\s\S]*?)<\/font>|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|`([^`]+)`|<br\s*\/?>/

export function inlines(text: string): Inline[] {
  const found: Inline[] = []
  let rest = text
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) found.push({ kind: 'text', text: rest.slice(0, match.index) })
    found.push(one(match))
    rest = rest.slice(match.index + match[0].length)
  }
  if (rest) found.push({ kind: 'text', text: rest })
  return found
}

function one(match: RegExpExecArray): Inline {
  if (match[2] !== undefined) return { kind: 'image', text: match[1], url: match[2] }
  if (match[4] !== undefined) return { kind: 'link', text: match[3], url: match[4] }
  if (match[5] !== undefined) return { kind: 'colour', colour: match[5], inside: inlines(match[6]) }
  if (match[7] !== undefined) return { kind: 'bold', text: match[7] }
  if (match[8] !== undefined) return { kind: 'italic', text: match[8] }
  if (match[9] !== undefined) return { kind: 'code', text: match[9] }
  return { kind: 'text', text: '\n' }
}

const HEADING = /^(#{1,6})\s+(.*)$/
const QUOTE = /^>\s?(.*)$/
const ITEM = /^\s*(?:[-*+]|(\d+)[.、)])\s+(.*)$/
const RULE = /^\s*(?:-{3,}|\*{3,})\s*$/

export function blocks(text: string): Block[] {
  const found: Block[] = []
  let fresh = true
  for (const line of text.split(/\r?\n/)) {
    if (!line.trim()) {
      fresh = true
      continue
    }
    add(found, line, fresh)
    fresh = false
  }
  return found
}

function add(found: Block[], line: string, fresh: boolean): void {
  const last = fresh ? undefined : found[found.length - 1]
  const heading = HEADING.exec(line)
  const quote = QUOTE.exec(line)
  const item = ITEM.exec(line)
  if (RULE.test(line)) found.push({ kind: 'line' })
  else if (heading) found.push({ kind: 'heading', level: heading[1].length, inside: inlines(heading[2]) })
  else if (quote) lineInto(found, last, 'quote', quote[1])
  else if (item) itemInto(found, last, item[1] !== undefined, item[2])
  else lineInto(found, last, 'paragraph', line)
}

function lineInto(found: Block[], last: Block | undefined, kind: 'quote' | 'paragraph', line: string): void {
  if (last && last.kind === kind) last.lines.push(inlines(line))
  else found.push({ kind, lines: [inlines(line)] })
}

function itemInto(found: Block[], last: Block | undefined, ordered: boolean, text: string): void {
  if (last && last.kind === 'list' && last.ordered === ordered) last.items.push(inlines(text))
  else found.push({ kind: 'list', ordered, items: [inlines(text)] })
}
