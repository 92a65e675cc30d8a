/** One definition inside a text: its nodes with their places, and the same as plain values. */
import { LineCounter, isMap, isSeq, parseAllDocuments, type Document, type Node, type Pair, type ScalarTag, type Tags, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Json } from './emit'

export type Path = (string | number)[]
export type Value = { [key: string]: Json }

const bool = (value: boolean, test: RegExp): ScalarTag => ({ tag: 'tag:yaml.org,2002:bool', default: true, identify: (one) => one === value, test, resolve: () => value })

/** As the server reads YAML 1.1: `n` and `y` are texts, and dates stay texts as they were written. */
const OPTIONS = {
  version: '1.1' as const,
  customTags: (tags: Tags): Tags => [
    bool(true, /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/),
    bool(false, /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/),
    ...tags.filter((one) => typeof one !== 'object' || !/:(bool|timestamp)$/.test(one.tag)),
  ],
}

export interface Found {
  document: Document
  value: Value
  /** first and last line, from 1 */
  from: number
  to: number
}

/** The form of that key in the text, else its first document that is a form; null while the text cannot be read. */
export function formIn(text: string, key: string): Found | null {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { ...OPTIONS, lineCounter: lines, uniqueKeys: true }) as Document[]
  const forms = documents.filter((one) => isMap(one.contents) && one.contents.has('form') && one.contents.has('fields'))
  const document = forms.find((one) => one.get('form') === key) ?? forms[0]
  if (!document || document.errors.length) return null
  const range = (document.contents as Node).range as [number, number, number]
  return { document, value: document.toJS() as Value, from: lines.linePos(range[0]).line, to: lines.linePos(range[2]).line }
}

export function nodeAt(document: Document, path: Path): Node | null {
  return (path.length ? document.getIn(path, true) : document.contents) as Node | null
}

export const mapAt = (document: Document, path: Path): YAMLMap | null => {
  const found = nodeAt(document, path)
  return isMap(found) ? found : null
}

export const seqAt = (document: Document, path: Path): YAMLSeq | null => {
  const found = nodeAt(document, path)
  return isSeq(found) ? found : null
}

export function pairOf(map: YAMLMap, key: string): Pair<Node, Node | null> | undefined {
  return map.items.find((one) => String((one.key as { value?: unknown }).value ?? one.key) === key) as Pair<Node, Node | null> | undefined
}

/** Where a node's last character ends, without the comments and blank lines behind it. */
export function endOf(node: Node): number {
  if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length) {
    const last = node.items[node.items.length - 1] as Node | Pair<Node, Node | null>
    if ('range' in last && last.range) return endOf(last as Node)
    const pair = last as Pair<Node, Node | null>
    return pair.value ? endOf(pair.value) : startOf(pair.key) + 1
  }
  return node.range ? node.range[1] : 0
}

export const startOf = (node: Node): number => (node.range ? node.range[0] : 0)

/** Column of a place, from 0. */
export const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1)

export const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1

/** Behind the line break that ends the line of `at`; block scalars end behind theirs already. */
export function lineEnd(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at
  const found = text.indexOf('\n', at)
  return found < 0 ? text.length : found + 1
}
