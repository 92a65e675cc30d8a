/** The form that is being designed: one draft text, looked at as fields; every act is a change of the text. */
import { computed, inject, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import type { TextProblem } from '../../contract'
import { complain } from '../../parts/say'
import { formIn, type Path, type Value } from '../yaml/document'
import { changesOf } from '../yaml/difference'
import { edited, type Change } from '../yaml/edit'
import type { Json } from '../yaml/emit'
import { useHistory, type History } from './history'
import { loadRegistry, type FieldKind, type Property, type Registry } from './registry'
import { renaming } from './rename'

export interface FieldValue extends Value {
  key: string
  label: string
  type: string
}

export interface Designer {
  key: string
  text: Ref<string>
  form: ComputedRef<Value | null>
  registry: Ref<Registry | null>
  /** the path of the chosen field; null: the form itself */
  chosen: Ref<Path | null>
  problems: ComputedRef<{ [path: string]: TextProblem[] }>
  history: History
  /** keys that records have already: they stay */
  fixed: ComputedRef<Set<string>>
  kind: (type: string) => FieldKind | undefined
  property: (shape: string, name: string) => Property | undefined
  list: (path: Path) => FieldValue[]
  field: (path: Path) => FieldValue | null
  labels: ComputedRef<string[]>
  edit: (changes: Change[], tag?: string) => boolean
  set: (path: Path, name: string, value: Json | undefined) => void
  add: (type: string, list: Path, index: number) => void
  put: (fields: FieldValue[]) => void
  duplicate: (path: Path) => void
  remove: (path: Path) => void
  move: (from: Path, to: Path, at: number) => void
  step: (path: Path, by: number) => void
  undo: () => void
  redo: () => void
}

export const DESIGNER: InjectionKey<Designer> = Symbol('designer')
export function useDesigner(): Designer {
  const found = inject(DESIGNER)
  if (!found) throw new Error('no designer around')
  return found
}

export const pathText = (path: Path): string => path.join('.')
const listOf = (path: Path): Path => path.slice(0, -1)
const indexOf = (path: Path): number => Number(path[path.length - 1])

interface Around {
  key: string
  text: Ref<string>
  change: (text: string) => void
  problems: ComputedRef<TextProblem[]>
  /** the text that the problems are about: the present one may be newer */
  checked: ComputedRef<string>
  published: ComputedRef<string>
}

export function makeDesigner({ key, text, change, problems: said, checked, published }: Around): Designer {
  const registry = shallowRef<Registry | null>(null)
  const chosen = ref<Path | null>(null)
  const history = useHistory()
  const found = computed(() => formIn(text.value, key))
  const lastGood = shallowRef<Value | null>(null)
  watch(found, (now) => now && (lastGood.value = now.value), { immediate: true })
  const form = computed(() => found.value?.value ?? lastGood.value)
  void loadRegistry().then(
    (answer) => (registry.value = answer),
    () => complain('字段类型没有取到，请刷新'),
  )

  const list = (path: Path): FieldValue[] => (reach(form.value, path) as FieldValue[] | undefined) ?? []
  const field = (path: Path): FieldValue | null => (path.length ? ((reach(form.value, path) as FieldValue | undefined) ?? null) : null)
  const kind = (type: string): FieldKind | undefined => registry.value?.kinds.find((one) => one.type === type)
  const property = (shape: string, name: string): Property | undefined => registry.value?.shapes[shape]?.find((one) => one.name === name)
  const labels = computed(() => namesOf(list(['fields'])))
  const fixed = computed(() => new Set(keysOf(fieldsIn(formIn(published.value, key)?.value), '')))

  let own = ''
  function write(next: string, tag: string): void {
    history.note(text.value, tag)
    change((own = next))
  }
  // what is typed into the YAML can be undone here too
  watch(text, (now, before) => before && now !== own && history.note(before, 'yaml'), { flush: 'sync' })

  function edit(changes: Change[], tag = ''): boolean {
    let next: string | null = text.value
    for (const one of changes) next = next === null ? null : edited(next, key, one)
    if (next === null) {
      complain('YAML 现在读不出来，请先在 YAML 里改正')
      return false
    }
    if (next === text.value) return true
    write(next, tag)
    return true
  }

  function set(path: Path, name: string, value: Json | undefined): void {
    const old = reach(form.value, [...path, name])
    const more = name === 'label' && typeof old === 'string' && typeof value === 'string' && form.value ? renaming(form.value, old, value, labels.value) : []
    edit([...more, ...changesOf([...path, name], old, value)], `${pathText(path)}.${name}`)
  }

  function add(type: string, to: Path, index: number): void {
    const found_ = kind(type)
    if (!found_) return
    const value = { ...fresh(found_, list(to)), ...(JSON.parse(JSON.stringify(found_.starts)) as Value) }
    if (edit([{ do: 'insert', path: to, index, value }])) chosen.value = [...to, index]
  }

  /** Fields of another form at the end, under keys and labels that are free. */
  function put(fields: FieldValue[]): void {
    const taken = [...list(['fields'])]
    const changes = fields.map((one): Change => {
      const value = { ...one, key: free(one.key, taken, 'key', '_'), label: free(one.label, taken, 'label', ' ') }
      taken.push(value)
      return { do: 'insert', path: ['fields'], index: taken.length - 1, value }
    })
    if (edit(changes)) chosen.value = ['fields', taken.length - 1]
  }

  function duplicate(path: Path): void {
    const one = field(path)
    if (!one) return
    const around = list(listOf(path))
    const value = { ...one, key: free(one.key, around, 'key', '_'), label: free(one.label, around, 'label', ' ') }
    if (edit([{ do: 'insert', path: listOf(path), index: indexOf(path) + 1, value }])) chosen.value = [...listOf(path), indexOf(path) + 1]
  }

  function remove(path: Path): void {
    const length = list(listOf(path)).length
    if (length < 2) return complain(path.length > 2 ? '子表至少要有一列' : '表单至少要有一个字段')
    if (!edit([{ do: 'remove', path: listOf(path), index: indexOf(path) }])) return
    chosen.value = [...listOf(path), Math.min(indexOf(path), length - 2)]
  }

  function move(from: Path, to: Path, at: number): void {
    const done = edit([{ do: 'move', from: listOf(from), index: indexOf(from), to, at }])
    // a field taken out before the sub-table it goes into makes the sub-table move up by one
    const before = to.length > 1 && from.length === 2 && indexOf(from) < Number(to[1])
    if (done) chosen.value = before ? [to[0], Number(to[1]) - 1, ...to.slice(2), at] : [...to, at]
  }

  function step(path: Path, by: number): void {
    const at = indexOf(path) + by
    if (at >= 0 && at < list(listOf(path)).length) move(path, listOf(path), at)
  }

  function back(next: string | null): void {
    if (next === null) return
    change((own = next))
    if (chosen.value && !field(chosen.value)) chosen.value = null
  }

  const about = computed(() => (checked.value === text.value ? found.value : formIn(checked.value, key)))
  const problems = computed(() => {
    const at: { [path: string]: TextProblem[] } = {}
    const [then, now] = [fieldsIn(about.value?.value), list(['fields'])]
    for (const one of said.value) {
      if (about.value && (one.line < about.value.from || one.line > about.value.to) && one.line > 1) continue
      const place = placeNow(placeOf(one.path, then), then, now)
      if (place !== null) (at[place] ??= []).push(one)
    }
    return at
  })

  return {
    key, text, form, registry, chosen, problems, history, fixed, kind, property, list, field, labels, edit, set, add, put,
    duplicate, remove, move, step,
    undo: () => back(history.undo(text.value)),
    redo: () => back(history.redo(text.value)),
  }
}

function reach(value: Json | null | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((one, part) => (one as { [key: string]: Json } | undefined)?.[part], value ?? undefined)
}

const namesOf = (fields: FieldValue[]): string[] =>
  fields.flatMap((one) => [one.label, one.key, ...namesOf((one.fields as FieldValue[] | undefined) ?? [])]).filter(Boolean)

const keysOf = (fields: FieldValue[], around: string): string[] =>
  fields.flatMap((one) => [around + one.key, ...keysOf((one.fields as FieldValue[] | undefined) ?? [], `${around}${one.key}.`)])

/** The field that a problem is about: `fields.2`, `fields.2.fields.0`, or "" for the form. */
function placeOf(path: string, fields: FieldValue[]): string {
  const found = /^fields\.\d+(\.fields\.\d+)?/.exec(path)
  if (found) return found[0]
  const index = fields.findIndex((one) => one.key === path.split('.')[0])
  return index < 0 ? '' : `fields.${index}`
}

const fieldsIn = (form: Value | undefined): FieldValue[] => (form?.fields as FieldValue[] | undefined) ?? []

/** Where the field of a place stands now; null when it is gone. */
function placeNow(place: string, then: FieldValue[], now: FieldValue[]): string | null {
  const [, index, , column] = place.split('.')
  const old = then[Number(index)]
  if (!old || then === now) return place
  const at = now.findIndex((one) => one.key === old.key)
  if (at < 0 || column === undefined) return at < 0 ? null : `fields.${at}`
  const inner = (old.fields as FieldValue[] | undefined)?.[Number(column)]
  const inside = ((now[at].fields as FieldValue[] | undefined) ?? []).findIndex((one) => one.key === inner?.key)
  return inside < 0 ? null : `fields.${at}.fields.${inside}`
}

/** `name`, or with a number behind it when that is taken. */
export function free(name: string, around: FieldValue[], by: 'key' | 'label', glue: string): string {
  const taken = new Set(around.map((one) => one[by]))
  if (!taken.has(name)) return name
  const stem = name.replace(/[_ ]\d+$/, '')
  for (let number = 2; ; number++) if (!taken.has(`${stem}${glue}${number}`)) return `${stem}${glue}${number}`
}

function fresh(kind: FieldKind, around: FieldValue[]): FieldValue {
  return { key: free(`${kind.type}_1`, around, 'key', '_'), label: free(kind.title.replace(/[（）]/g, ''), around, 'label', ' '), type: kind.type }
}
