/** The device's own copy of a draft, for what was typed and could not be sent yet. */
import type { Row } from '../../shared/schema'

export interface Copy {
  revision: number
  values: Row
  clientId: string
  /** milliseconds */
  at: number
}

const key = (draft: string) => `zs.draft.${draft}`

export function keepCopy(draft: string, copy: Copy): void {
  try {
    localStorage.setItem(key(draft), JSON.stringify(copy))
  } catch {
    // full or blocked: the server's copy remains
  }
}

export function readCopy(draft: string): Copy | null {
  try {
    const copy = JSON.parse(localStorage.getItem(key(draft)) || 'null') as Copy | null
    return copy && copy.values ? copy : null
  } catch {
    return null
  }
}

export function forgetCopy(draft: string): void {
  try {
    localStorage.removeItem(key(draft))
  } catch {
    // blocked: there is no copy either
  }
}

export function newId(): string {
  if (typeof crypto !== 'undefined' && crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => `0${byte.toString(16)}`.slice(-2)).join('')
}
