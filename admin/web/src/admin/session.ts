/** Who is signed in; one value for the whole page. */
import { computed, ref } from 'vue'
import { get, post, setCsrf } from '../shared/api'
import type { Me, Session } from './contract'
import { forgetAll } from './cache'

export const me = ref<Me | null>(null)
const company = ref<Session['company']>(null)

export const companyName = computed(() => {
  const value = company.value
  if (!value) return '中枢'
  return typeof value === 'string' ? value : value.name
})

function take(session: Session): void {
  setCsrf(session.csrf)
  me.value = session.me
  if (session.company !== undefined) company.value = session.company
}

export async function resume(): Promise<void> {
  take(await get<Session>('/admin/api/me'))
}

/** By name and password, or by the code of a one-time link. */
export async function signIn(proof: { name: string; password: string } | { code: string }): Promise<void> {
  take(await post<Session>('/admin/api/login', proof))
  await resume() // the answer to login does not name the company
}

export async function signOut(): Promise<void> {
  await post('/admin/api/logout')
  dropSession()
}

export function dropSession(): void {
  me.value = null
  setCsrf('')
  forgetAll()
}
