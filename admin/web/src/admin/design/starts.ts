/** What a new form begins with: one empty field, the usual ones, another form's, or the columns of a sheet. */
import { get, upload } from '../../shared/api'
import type { Definition } from '../contract'
import { kindInfo, quoted } from './kinds'
import { edited } from './yaml/edit'
import type { Json } from './yaml/emit'

export type Start = 'blank' | 'usual' | 'copy' | 'sheet'
export const STARTS: { value: Start; text: string }[] = [
  { value: 'blank', text: '空白' },
  { value: 'usual', text: '常用字段' },
  { value: 'copy', text: '照一张表单' },
  { value: 'sheet', text: 'Excel 表头' },
]

const blank = (key: string, title: string): string => `form: ${key}
title: ${quoted(title)}
number: ${key.slice(0, 2).toUpperCase()}-{yyyyMM}-{seq:4}
fields:
  - {key: name, label: 名称, type: text}
`

async function copied(from: string, key: string, title: string): Promise<string> {
  const found = await get<Definition>(`/admin/api/definitions/form/${encodeURIComponent(from)}`)
  const text = found.published?.text ?? found.draft?.text ?? ''
  const named = edited(text, from, { do: 'set', path: ['form'], value: key })
  const titled = named && edited(named, key, { do: 'set', path: ['title'], value: title })
  const silent = titled && edited(titled, key, { do: 'set', path: ['words'], value: undefined }) // its words are taken
  return silent ?? blank(key, title)
}

async function fromSheet(file: File, key: string, title: string): Promise<string> {
  const { fields } = await upload<{ fields: Json[] }>('/admin/api/designer/sheet', file, () => {})
  return edited(blank(key, title), key, { do: 'set', path: ['fields'], value: fields }) ?? blank(key, title)
}

export async function startText(start: Start, key: string, title: string, from: string, file: File | null): Promise<string> {
  if (start === 'copy' && from) return copied(from, key, title)
  if (start === 'sheet' && file) return fromSheet(file, key, title)
  return start === 'usual' ? kindInfo('form').start(key, title, { key: '', columns: [] }) : blank(key, title)
}
