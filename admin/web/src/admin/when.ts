/** Instants for tooltips, lists and waiting times; short forms are in shared/dates.ts. */
import { partsOf } from '../shared/dates'

/** 2026-11-24 10:31 in the company's zone; an unreadable instant as it stands, none as "". */
export function exact(iso: string | null | undefined): string {
  if (!iso) return ''
  const parts = partsOf(iso)
  return parts ? `${parts.day} ${parts.time}` : iso
}

/** How long it has been: 刚刚, 3 分钟, 5 小时, 2 天. */
export function since(iso: string, now: Date = new Date()): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - new Date(iso).getTime()) / 60000))
  if (minutes < 1) return '刚刚'
  if (minutes < 60) return `${minutes} 分钟`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} 小时`
  return `${Math.floor(minutes / 1440)} 天`
}
