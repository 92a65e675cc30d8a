/** Instants as people read them, in the browser's zone. */
const two = (n: number): string => String(n).padStart(2, '0')

const dayOf = (d: Date): number => Math.floor((d.getTime() - d.getTimezoneOffset() * 60000) / 86400000)

/** 今天 10:31 · 昨天 18:02 · 11-20 09:12 · 2025-11-20 */
export function when(iso: string | null | undefined, now: Date = new Date()): string {
  if (!iso) return '—'
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return iso
  const clock = `${two(d.getHours())}:${two(d.getMinutes())}`
  const days = dayOf(now) - dayOf(d)
  if (days === 0) return `今天 ${clock}`
  if (days === 1) return `昨天 ${clock}`
  if (days === -1) return `明天 ${clock}`
  const monthDay = `${two(d.getMonth() + 1)}-${two(d.getDate())}`
  return d.getFullYear() === now.getFullYear() ? `${monthDay} ${clock}` : `${d.getFullYear()}-${monthDay}`
}

/** 2026-11-24 10:31:07, for tooltips and the audit list. */
export function exact(iso: string | null | undefined): string {
  if (!iso) return ''
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return iso
  const date = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
  return `${date} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
}

/** How long it has been: 3 分钟, 5 小时, 2 天. */
export function since(iso: string, now: Date = new Date()): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - new Date(iso).getTime()) / 60000))
  if (minutes < 1) return '刚刚'
  if (minutes < 60) return `${minutes} 分钟`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} 小时`
  return `${Math.floor(minutes / 1440)} 天`
}

export function clock(d: Date): string {
  return `${two(d.getHours())}:${two(d.getMinutes())}`
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
