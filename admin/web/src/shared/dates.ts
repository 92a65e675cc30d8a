/** Instants as people read them. The server sends ISO 8601 UTC; pages show the company's zone. */
import { t } from './i18n'

const HOUSE_ZONE = 'Asia/Shanghai'
let zone = HOUSE_ZONE

/** `name` as in the server's `zone`; a name the browser does not know is ignored. */
export function setZone(name: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    zone = name
  } catch {
    zone = HOUSE_ZONE
  }
}

export function zoneName(): string {
  return zone
}

interface Parts {
  day: string
  time: string
}

/** `2026-11-24` and `10:31` of an instant in the company's zone. */
export function partsOf(instant: string | number | Date): Parts | null {
  const date = new Date(instant)
  if (isNaN(date.getTime())) return null
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const part: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(date)) part[type] = value
  return { day: `${part.year}-${part.month}-${part.day}`, time: `${part.hour === '24' ? '00' : part.hour}:${part.minute}` }
}

/** `今天 10:31`, `昨天 10:31`, `11-24 10:31` or `2025-11-24 10:31`; an unreadable instant as it stands. */
export function showInstant(instant: string | number | Date | null | undefined, now: Date = new Date()): string {
  if (instant === null || instant === undefined || instant === '') return ''
  const parts = partsOf(instant)
  const today = partsOf(now)
  if (!parts || !today) return String(instant)
  if (parts.day === today.day) return t('today {time}', { time: parts.time })
  const before = partsOf(new Date(now.getTime() - 86400000))
  if (before && parts.day === before.day) return t('yesterday {time}', { time: parts.time })
  const sameYear = parts.day.slice(0, 4) === today.day.slice(0, 4)
  return `${sameYear ? parts.day.slice(5) : parts.day} ${parts.time}`
}

/** `10:31` of this moment, for 已保存 10:31. */
export function clockNow(now: Date = new Date()): string {
  const parts = partsOf(now)
  return parts ? parts.time : ''
}

/** `1.2 MB`, `86 KB`. */
export function showSize(bytes: number): string {
  if (bytes >= 1048576) return `${(bytes / 1048576).toFixed(1)} MB`
  return `${Math.max(1, Math.round(bytes / 1024))} KB`
}
