/** CodeMirror as the definition editor wants it. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, type Diagnostic } from '@codemirror/lint'
import { search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension, type Text } from '@codemirror/state'
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { CompletionName, TextProblem } from '../contract'

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: '#0f4fd4' },
  { tag: [tags.string, tags.special(tags.string)], color: '#0a6b3d' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: '#8a3ab9' },
  { tag: tags.comment, color: '#6b7280', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace], color: '#646a73' },
  { tag: [tags.meta, tags.keyword, tags.typeName], color: '#945500' },
])

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13.5px', backgroundColor: '#fff' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono), var(--font)', lineHeight: '1.75' },
  '.cm-content': { padding: '12px 0' },
  '.cm-gutters': { backgroundColor: '#fff', color: '#6b727c', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 14px' },
  '.cm-activeLine': { backgroundColor: '#f6f8fc' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: '#1f2329' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: '#d6e4ff !important' },
  '.cm-tooltip': { border: '1px solid #dfe2e8', borderRadius: '8px', boxShadow: '0 4px 16px rgba(31,35,41,.1)', overflow: 'hidden' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '4px 10px !important', lineHeight: '1.6' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: '#e8f0ff !important', color: '#1f2329 !important' },
  '.cm-completionDetail': { color: '#646a73', fontStyle: 'normal' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: '#1664ff' },
  '.cm-diagnostic': { padding: '6px 10px', fontFamily: 'var(--font)' },
})

const words = EditorState.phrases.of({
  Find: '查找', Replace: '替换', next: '下一个', previous: '上一个', all: '全选', 'match case': '区分大小写',
  regexp: '正则', 'by word': '整词', replace: '替换', 'replace all': '全部替换', close: '关闭',
  Completions: '可选的名字', Diagnostics: '问题', 'No diagnostics': '没有问题', 'current match': '当前匹配',
})

/** Names that contain what stands before the cursor; Chinese has no spaces, so shorter endings are tried too. */
export function matching(names: CompletionName[], typed: string): { names: CompletionName[]; skip: number } {
  for (let skip = 0; skip < typed.length; skip++) {
    const part = typed.slice(skip).toLowerCase()
    const found = names.filter((name) => `${name.insert}\n${name.label}`.toLowerCase().includes(part))
    if (found.length) return { names: found, skip }
  }
  return { names: [], skip: 0 }
}

function source(names: () => CompletionName[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w\u4e00-\u9fff]+/)
    if (!word && !context.explicit) return null
    const typed = word ? context.state.sliceDoc(word.from, word.to) : ''
    const { names: found, skip } = typed ? matching(names(), typed) : { names: names(), skip: 0 }
    if (!found.length) return null
    const options: Completion[] = found.slice(0, 60).map((name) => ({
      label: name.insert,
      displayLabel: name.label && name.label !== name.insert ? `${name.insert}  ${name.label}` : name.insert,
      detail: name.detail,
    }))
    return { from: (word ? word.from : context.pos) + skip, options, filter: false }
  }
}

/** The server counts lines and columns from 1; what lies outside the text is pulled inside. */
export function offsetOf(text: Text, line: number, column: number): number {
  const at = text.line(Math.min(Math.max(line, 1), text.lines))
  return Math.min(at.from + Math.max(column, 1) - 1, at.to)
}

export function diagnosticsOf(text: Text, problems: TextProblem[]): Diagnostic[] {
  const out = problems.map((problem): Diagnostic => {
    const from = offsetOf(text, problem.line, problem.column)
    const rest = text.lineAt(from).text.slice(from - text.lineAt(from).from)
    const length = (/^[^\s,{}[\]]+/.exec(rest) ?? [''])[0].length
    return { from, to: from + length, severity: problem.level, message: problem.message }
  })
  return out.sort((a, b) => a.from - b.from)
}

export function extensions(names: () => CompletionName[], changed: (text: string) => void, save: () => void): Extension[] {
  return [
    lineNumbers(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightActiveLineGutter(), EditorView.lineWrapping, indentUnit.of('  '),
    yaml(), syntaxHighlighting(colours), look, words, search({ top: true }),
    autocompletion({ override: [source(names)], icons: false, maxRenderedOptions: 60 }),
    keymap.of([
      { key: 'Mod-s', run: () => (save(), true), preventDefault: true },
      ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab,
    ]),
    EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': '定义文本，按 Esc 再按 Tab 离开编辑框', spellcheck: 'false' }),
    EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
  ]
}
