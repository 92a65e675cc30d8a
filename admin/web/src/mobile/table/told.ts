/** What a paste or a file could not be laid over the cells, said once. */
import { showToast } from 'vant'
import { t } from '../../shared/i18n'

export function tell(refused: readonly string[], over: number, most: number, unknown: readonly string[] = []): void {
  const lines = []
  if (unknown.length) lines.push(t('Not columns of this table: {columns}', { columns: unknown.join('、') }))
  if (refused.length) lines.push(t('Not pasted into: {columns}', { columns: refused.join('、') }))
  if (over) lines.push(t('{n} rows did not fit, at most {most}', { n: over, most }))
  if (lines.length) showToast({ message: lines.join('\n'), duration: 4000 })
}
