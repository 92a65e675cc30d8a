/** CodeMirror as the formula editor wants it: one formula, names and functions to complete with, mistakes underlined. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import type { Diagnostic } from '@codemirror/lint'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, drawSelection, keymap } from '@codemirror/view'

export interface FormulaProblem {
  message: string
  position: number
  length: number
}

const look = EditorView.theme({
  '&': { fontSize: '15px', backgroundColor: '#fff', border: '1px solid #dfe2e8', borderRadius: '8px' },
  '&.cm-focused': { outline: 'none', borderColor: '#1664ff' },
  '.cm-scroller': { fontFamily: 'var(--mono), var(--font)', lineHeight: '1.8' },
  '.cm-content': { minHeight: '88px', padding: '8px 0' },
  '.cm-line': { padding: '0 12px' },
  '.cm-tooltip': { border: '1px solid #dfe2e8', borderRadius: '8px', overflow: 'hidden' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '4px 10px !important' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: '#e8f0ff !important', color: '#1f2329 !important' },
  '.cm-completionDetail': { color: '#646a73', fontStyle: 'normal' },
})

function source(words: () => Completion[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w\u4e00-\u9fff.]+/)
    if (!word && !context.explicit) return null
    const typed = word ? word.text.toLowerCase() : ''
    const found = words().filter((one) => one.label.toLowerCase().includes(typed))
    return found.length ? { from: word ? word.from : context.pos, options: found.slice(0, 40), filter: false } : null
  }
}

export function extensions(words: () => Completion[], changed: (text: string) => void, save: () => void): Extension[] {
  return [
    history(), drawSelection(), closeBrackets(), EditorView.lineWrapping, look,
    EditorState.phrases.of({ Completions: '可选的名字', Diagnostics: '问题' }),
    autocompletion({ override: [source(words)], icons: false }),
    keymap.of([{ key: 'Mod-Enter', run: () => (save(), true) }, ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
    EditorView.contentAttributes.of({ 'aria-label': '公式', spellcheck: 'false' }),
    EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
  ]
}

export function underline(problem: FormulaProblem | null, length: number): Diagnostic[] {
  if (!problem || !length) return []
  const from = Math.min(Math.max(problem.position, 0), length - 1)
  return [{ from, to: Math.max(from + 1, Math.min(problem.position + problem.length, length)), severity: 'error', message: problem.message }]
}
