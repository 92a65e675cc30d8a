/** Between instants (ISO 8601 UTC, what travels) and wall clock text of the company's zone (what people pick). */
import { partsOf } from '../../shared/dates'

const WALL_CLOCK = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/

/** `2026-11-24T02:31:00Z` → `2026-11-24T10:31` in the company's zone; empty for what is no instant. */
export function toLocal(instant: string): string {
  const parts = instant ? partsOf(instant) : null
  return parts ? `${parts.day}T${parts.time}` : ''
}

/** The other way; exact where the zone is at a whole minute from UTC. Empty for what is no wall clock time. */
export function fromLocal(local: string): string {
  const guess = WALL_CLOCK.test(local) ? Date.parse(`${local}:00Z`) : NaN
  if (isNaN(guess)) return ''
  const seen = Date.parse(`${toLocal(new Date(guess).toISOString())}:00Z`)
  const first = guess - (seen - guess)
  const again = Date.parse(`${toLocal(new Date(first).toISOString())}:00Z`) // summer time may lie between
  return new Date(first - (again - guess)).toISOString().replace('.000Z', 'Z')
}

/** The day of `now` in the company's zone, moved by whole days. */
export function dayOf(now: Date, days = 0): string {
  const parts = partsOf(new Date(now.getTime() + days * 86400000))
  return parts ? parts.day : ''
}
