/** Who is here and which page the handle opens. */
import { ref, shallowRef } from 'vue'
import { ApiError, get, setCsrf, whenLoginNeeded, whenTokenStale } from '../shared/api'
import { setZone } from '../shared/dates'
import { rememberQuery } from './query'
import type { Me, Page, Person, RecordPage, Unit } from '../shared/schema'

export const me = ref<Me>({ id: '', name: '' })
export const people = shallowRef<Person[]>([])
export const departments = shallowRef<Unit[]>([])
export const roles = shallowRef<Unit[]>([])
/** Server's clock minus this device's clock, in milliseconds. */
let clockOffset = 0

export function serverNow(): Date {
  return new Date(Date.now() + clockOffset)
}

export function personName(id: string): string {
  const person = people.value.find((one) => one.id === id)
  return person ? person.name : id
}

const nameIn = (units: readonly Unit[], id: string): string => {
  const found = units.find((one) => one.id === id)
  return found ? found.name : id
}
export const departmentName = (id: string): string => nameIn(departments.value, id)
export const roleName = (id: string): string => nameIn(roles.value, id)

/** The handle in `/h5/l/{handle}`; empty when the address has none. */
export function handleOf(path: string): string {
  const found = /\/h5\/l\/([^/?#]+)/.exec(path)
  return found ? decodeURIComponent(found[1]) : ''
}

export async function open(handle: string): Promise<Page> {
  const page = await get<Page>(`/h5/api/open/${encodeURIComponent(handle)}`)
  setCsrf(page.csrf)
  setZone(page.zone)
  me.value = page.me
  people.value = ('people' in page && page.people) || []
  departments.value = ('departments' in page && page.departments) || []
  roles.value = ('roles' in page && page.roles) || []
  const offset = new Date(page.now).getTime() - Date.now()
  clockOffset = isNaN(offset) ? 0 : offset
  forgetLogins()
  return page
}

/** A linked record, once a page was opened: the session is there already. */
export async function openRecord(form: string, id: string): Promise<RecordPage> {
  const page = await get<RecordPage>(`/h5/api/records/${encodeURIComponent(form)}/${encodeURIComponent(id)}`)
  if (page.csrf) setCsrf(page.csrf)
  if (page.people) people.value = page.people
  return page
}

const TRIES = 'zs.logins'
const MOST_TRIES = 2

/** Go to the platform's login page; false when it was tried in vain (a loop would flicker for ever). */
export function goToLogin(error: ApiError): boolean {
  const target = error.body.login
  const tries = Number(read(TRIES) || 0)
  if (typeof target !== 'string' || !target || tries >= MOST_TRIES) return false
  write(TRIES, String(tries + 1))
  rememberQuery(handleOf(location.pathname), location.search)
  location.replace(target)
  return true
}

export function forgetLogins(): void {
  write(TRIES, '0')
}

whenLoginNeeded(goToLogin)
whenTokenStale(async () => void (await open(handleOf(location.pathname)))) // somebody else signed in beside us

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value)
  } catch {
    // storage is blocked: then a login loop can not be noticed
  }
}
