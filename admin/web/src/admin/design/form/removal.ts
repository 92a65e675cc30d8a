/** Before a field goes: what in force needs it, asked of the server, and what in this form names it. */
import { ElMessageBox } from 'element-plus/es/components/message-box/index'
import { get } from '../../../shared/api'
import type { FieldUse } from '../../contract'
import type { Path } from '../yaml/document'
import type { Designer } from './designer'

export async function askRemoval(designer: Designer, path: Path): Promise<boolean> {
  const field = designer.field(path)
  if (!field) return false
  const column = path.length > 2
  const uses = column || !designer.fixed.value.has(field.key) ? [] : await usesOf(designer.key, field.key)
  if (!uses.length) return true // undo brings it back
  const lines = [...new Set(uses.map((one) => one.text))].slice(0, 8).map((text) => `· ${text}`)
  const sure = await ElMessageBox.confirm(`「${field.label}」正被使用：\n${lines.join('\n')}\n\n已有的数据会保留，只是不再显示。`, `删除「${field.label}」？`, {
    confirmButtonText: '仍然删除',
    cancelButtonText: '留下',
    confirmButtonClass: 'el-button--danger',
    customStyle: { whiteSpace: 'pre-line' },
  }).catch(() => '')
  return !!sure
}

function usesOf(form: string, field: string): Promise<FieldUse[]> {
  return get<FieldUse[]>(`/admin/api/definitions/form/${encodeURIComponent(form)}/uses?field=${encodeURIComponent(field)}`).catch(() => [])
}
