/**
 * Changes of a definition's text that touch nothing else: comments, order and the writing of all other lines stay.
 * Every change is compared with what it should have become; where a splice cannot do it, the smallest part around
 * it is written anew.
 */
import { isMap, isSeq, type Document, type Node, type YAMLMap, type YAMLSeq } from 'yaml'
import { columnOf, endOf, formIn, lineEnd, lineStart, nodeAt, pairOf, seqAt, startOf, type Path, type Value } from './document'
import { block, inline, item, pair, scalar, type Json } from './emit'

const LONGEST_LINE = 112 // of a line that gets one more property
const LONGEST_CHANGED = 150 // of a line whose property changes

export type Change =
  | { do: 'set'; path: Path; value: Json | undefined }
  | { do: 'insert'; path: Path; index: number; value: Json }
  | { do: 'remove'; path: Path; index: number }
  | { do: 'move'; from: Path; index: number; to: Path; at: number }

/** The text after a change, or null when the text cannot be read. `key`: which form of the text is meant. */
export function edited(text: string, key: string, change: Change): string | null {
  const found = formIn(text, key)
  if (!found) return null
  const wanted = applied(found.value, change)
  const same = (next: string | null): next is string => next !== null && equal(formIn(next, String(wanted.form))?.value, wanted)
  const tried = attempt(() => spliced(text, found.document, change))
  if (same(tried)) return tried
  for (const path of around(change)) {
    const next = attempt(() => rewritten(text, found.document, path, at(wanted, path)))
    if (same(next)) return next
  }
  return null
}

/** The value after a change. */
export function applied(value: Value, change: Change): Value {
  const next = JSON.parse(JSON.stringify(value)) as Value
  if (change.do === 'move') {
    const [from, to] = [at(next, change.from) as Json[], at(next, change.to) as Json[]]
    to.splice(change.at, 0, ...from.splice(change.index, 1))
  } else if (change.do === 'set') put(next, change.path, change.value)
  else if (change.do === 'remove') (at(next, change.path) as Json[]).splice(change.index, 1)
  else (at(next, change.path) as Json[]).splice(change.index, 0, JSON.parse(JSON.stringify(change.value)) as Json)
  return next
}

function at(value: Json, path: Path): Json {
  return path.reduce<Json>((one, key) => (one as { [key: string]: Json })[key], value)
}

function put(value: Json, path: Path, given: Json | undefined): void {
  const owner = at(value, path.slice(0, -1)) as { [key: string]: Json }
  const key = path[path.length - 1]
  if (given === undefined) delete owner[key]
  else owner[key] = JSON.parse(JSON.stringify(given)) as Json
}

/** The same value; keys in any order, since the text keeps its own. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.keys(a), Object.keys(b)]
  return left.length === right.length && left.every((key) => equal((a as Value)[key], (b as Value)[key]))
}

function attempt(work: () => string | null): string | null {
  try {
    return work()
  } catch {
    return null
  }
}

/** What may be written anew, the smallest part first. */
function around(change: Change): Path[] {
  const path = change.do === 'move' ? shared(change.from, change.to) : change.path
  return Array.from({ length: path.length }, (_, index) => path.slice(0, path.length - index)).filter((one) => one.length)
}

function shared(a: Path, b: Path): Path {
  const length = a.findIndex((key, index) => key !== b[index])
  return length < 0 ? a : a.slice(0, length)
}

function spliced(text: string, document: Document, change: Change): string | null {
  if (change.do === 'set') return set(text, document, change.path, change.value)
  if (change.do === 'insert') return insert(text, document, change.path, change.index, change.value)
  if (change.do === 'remove') return without(text, document, change.path, change.index)
  return moved(text, document, change)
}

const splice = (text: string, from: number, to: number, put_: string): string => text.slice(0, from) + put_ + text.slice(to)

function set(text: string, document: Document, path: Path, value: Json | undefined): string | null {
  const key = path[path.length - 1]
  const owner = nodeAt(document, path.slice(0, -1))
  if (isSeq(owner)) return replace(text, owner.items[Number(key)] as Node, value as Json, !!owner.flow, columnOf(text, startOf(owner)))
  if (!isMap(owner)) return null
  const found = pairOf(owner, String(key))
  if (!found) return value === undefined ? text : added(text, document, path.slice(0, -1), owner, String(key), value)
  if (value === undefined) return dropped(text, owner, String(key))
  if (!found.value?.range) return null
  const next = replace(text, found.value, value, !!owner.flow, columnOf(text, startOf(found.key)))
  return owner.flow ? broken(next, document, path.slice(0, -1), LONGEST_CHANGED) : next
}

/** Another value in the place of a node; `indent`: where the key or dash stands. */
function replace(text: string, node: Node, value: Json, flow: boolean, indent: number): string {
  const from = startOf(node)
  if (flow) return splice(text, from, endOf(node), inline(value))
  const end = endOf(node)
  const behind = /^[^\n]*/.exec(text.slice(end))?.[0].trim()
  const put_ = behind && typeof value === 'string' ? ` ${scalar(value, false)}` : block(value, indent + 2)
  const before = text.slice(0, from).replace(/[ \n]+$/, '')
  const old = text[end - 1] === '\n' ? end - 1 : end
  return before + put_ + text.slice(old)
}

function added(text: string, document: Document, path: Path, owner: YAMLMap, key: string, value: Json): string | null {
  const last = owner.items[owner.items.length - 1] as { key: Node; value: Node | null } | undefined
  if (!last) return null
  if (owner.flow) {
    const end = last.value?.range ? endOf(last.value) : last.key.range![1]
    return broken(splice(text, end, end, `, ${inline({ [key]: value }).slice(1, -1)}`), document, path)
  }
  const indent = columnOf(text, startOf(owner.items[0].key as Node))
  const line = `${' '.repeat(indent)}${pair(key, value, indent)}\n`
  const long = owner.items.find((one, index) => index && isSeq(one.value) && !one.value.flow && ['fields', 'options'].includes(keyText(one.key)))
  if (long && key !== 'fields' && path.length) return splice(text, ...twice(lineStart(text, startOf(long.key as Node))), line)
  const end = lineEnd(text, endOf(owner))
  return splice(text, end, end, (text[end - 1] === '\n' ? '' : '\n') + line)
}

const twice = (place: number): [number, number] => [place, place]
const keyText = (key: unknown): string => String((key as { value?: unknown }).value ?? '')

/** Takes a key and its value out. */
function dropped(text: string, owner: YAMLMap, key: string): string | null {
  const index = owner.items.findIndex((one) => keyText(one.key) === key)
  const found = owner.items[index] as { key: Node; value: Node | null }
  const end = found.value?.range ? endOf(found.value) : found.key.range![1]
  if (!owner.flow) {
    const from = lineStart(text, startOf(found.key))
    return /^\s*$/.test(text.slice(from, startOf(found.key))) ? splice(text, from, lineEnd(text, end), '') : null
  }
  if (index > 0) {
    const before = owner.items[index - 1] as { key: Node; value: Node | null }
    return splice(text, before.value?.range ? endOf(before.value) : before.key.range![1], end, '')
  }
  const after = owner.items[1] as { key: Node } | undefined
  return after ? splice(text, startOf(found.key), startOf(after.key), '') : null
}

/** A line that became too long: its part is written in lines of its own. Comments inside keep it as it is. */
function broken(next: string, document: Document, path: Path, longest = LONGEST_LINE): string {
  const start = startOf(nodeAt(document, path) as Node)
  const end = next.indexOf('\n', start)
  const line = next.slice(lineStart(next, start), end < 0 ? next.length : end)
  const key = String(document.get('form') ?? '')
  if (line.length <= longest && !/: \[\{/.test(line)) return next
  const found = formIn(next, key)
  if (!found) return next
  let outer = path
  while (outer.length > 1 && (nodeAt(found.document, outer.slice(0, -1)) as YAMLMap | YAMLSeq).flow) outer = outer.slice(0, -1)
  const node = nodeAt(found.document, outer) as Node
  if (next.slice(startOf(node), endOf(node)).includes('#')) return next
  return rewritten(next, found.document, outer, at(found.value, outer)) ?? next
}

/** A part of the document written anew, in the style of the house. */
function rewritten(text: string, document: Document, path: Path, value: Json): string | null {
  const owner = nodeAt(document, path.slice(0, -1))
  const node = nodeAt(document, path)
  if (!node?.range || (owner as YAMLMap).flow) return null
  const end = text[endOf(node) - 1] === '\n' ? endOf(node) - 1 : endOf(node)
  if (isSeq(owner)) {
    const indent = dash(text, owner, Number(path[path.length - 1])) - lineStart(text, startOf(node))
    return splice(text, lineStart(text, startOf(node)), end, `${' '.repeat(indent)}-${item(value, indent)}`)
  }
  const found = isMap(owner) ? pairOf(owner, String(path[path.length - 1])) : undefined
  if (!found) return null
  const indent = columnOf(text, startOf(found.key))
  return splice(text, startOf(found.key), end, pair(String(path[path.length - 1]), value, indent))
}

/** Where the `-` of an item of a block sequence stands. */
function dash(text: string, seq: YAMLSeq, index: number): number {
  return text.lastIndexOf('-', startOf(seq.items[index] as Node) - 1)
}

/** The lines of an item with the comment lines right above it. */
function lines(text: string, seq: YAMLSeq, index: number): [number, number] {
  let from = lineStart(text, dash(text, seq, index))
  while (from > 0) {
    const above = lineStart(text, from - 1)
    if (!/^\s*#/.test(text.slice(above, from))) break
    from = above
  }
  return [from, lineEnd(text, endOf(seq.items[index] as Node))]
}

function insert(text: string, document: Document, path: Path, index: number, value: Json): string | null {
  const seq = seqAt(document, path)
  if (!seq) return null
  if (seq.flow || !seq.items.length) return flowed(text, document, path, seq, (items) => items.splice(index, 0, inline(value)))
  const indent = dash(text, seq, 0) - lineStart(text, dash(text, seq, 0))
  return insertLines(text, seq, index, `${' '.repeat(indent)}-${item(value, indent)}\n`)
}

function insertLines(text: string, seq: YAMLSeq, index: number, put_: string): string {
  const place = index < seq.items.length ? lines(text, seq, index)[0] : lines(text, seq, seq.items.length - 1)[1]
  return splice(text, place, place, (place && text[place - 1] !== '\n' ? '\n' : '') + put_)
}

function without(text: string, document: Document, path: Path, index: number): string | null {
  const seq = seqAt(document, path)
  if (!seq) return null
  if (seq.flow) return flowed(text, document, path, seq, (items) => items.splice(index, 1))
  if (seq.items.length === 1) return null
  return splice(text, ...lines(text, seq, index), '')
}

/** A sequence on one line, its items as they were written. */
function flowed(text: string, document: Document, path: Path, seq: YAMLSeq, change: (items: string[]) => unknown): string | null {
  if (!seq.flow) return null
  const items = seq.items.map((one) => text.slice(startOf(one as Node), endOf(one as Node)))
  change(items)
  return broken(splice(text, startOf(seq), endOf(seq), `[${items.join(', ')}]`), document, path)
}

function moved(text: string, document: Document, change: Change & { do: 'move' }): string | null {
  const [from, to] = [seqAt(document, change.from), seqAt(document, change.to)]
  if (from && from === to && from.flow) return flowed(text, document, change.from, from, (items) => items.splice(change.at, 0, ...items.splice(change.index, 1)))
  if (!from || !to || from.flow || to.flow || !to.items.length) return null
  const [start, end] = lines(text, from, change.index)
  const shift = dash(text, to, 0) - lineStart(text, dash(text, to, 0)) - (dash(text, from, 0) - lineStart(text, dash(text, from, 0)))
  const chunk = shifted(text.slice(start, end).replace(/\n?$/, '\n'), shift)
  const same = from === to
  if (!same && from.items.length === 1) return null
  const index = same && change.at > change.index ? change.at + 1 : change.at
  const place = index < to.items.length ? lines(text, to, index)[0] : lines(text, to, to.items.length - 1)[1]
  const glue = place && text[place - 1] !== '\n' ? '\n' : ''
  if (place >= end) return text.slice(0, start) + text.slice(end, place) + glue + chunk + text.slice(place)
  return text.slice(0, place) + chunk + text.slice(place, start) + text.slice(end)
}

function shifted(chunk: string, by: number): string {
  if (!by) return chunk
  const out = chunk.split('\n').map((line) => (!line.trim() ? line : by > 0 ? ' '.repeat(by) + line : line.slice(Math.min(-by, line.length - line.trimStart().length))))
  return out.join('\n')
}
