/** The sandbox's control API (docs/sandbox.md). */
import type { Drawn } from '../shared/schema'
import type { Press } from '../shared/cards/press'

export type Platform = 'dingtalk' | 'wecom'

export interface Person {
  id: string
  name: string
  nick: string
  title: string
  department: string
  platforms: { dingtalk?: string; wecom?: string }
}

export interface Group {
  id: string
  name: string
  members: string[]
  platforms: Platform[]
}

export interface Letter {
  id: string
  /** seconds */
  at: number
  sender: string
  to: string[]
  subject: string
  text: string
  html: string
  raw: string
  files: { name: string; url: string }[]
}

export interface ShortMessage {
  id: string
  at: number
  phone: string
  text: string
  template: string
}

export interface Post {
  mail: Letter[]
  sms: ShortMessage[]
}

export interface Company {
  company: string
  people: Person[]
  groups: Group[]
}

export interface ChatCard {
  card_id: string
  drawn: Drawn
  raw: unknown
  dead: boolean
  toast: string | null
}

export interface Message {
  id: string
  /** seconds */
  at: number
  from: 'me' | 'bot'
  kind: 'text' | 'markdown' | 'image' | 'file' | 'card' | 'notice'
  text: string
  title: string | null
  media_url: string | null
  url: string | null
  group: string | null
  card: ChatCard | null
}

export interface Said {
  ok: boolean
  acked?: boolean
  answered_ms?: number
  attempts?: number
  error?: string
}

export interface Clicked {
  ok: boolean
  answered_ms?: number
  toast?: string | null
  url?: string | null
  error?: string
  card?: ChatCard
}

export interface WireEntry {
  id: number
  at: number
  platform: Platform
  direction: 'to_cloud' | 'from_cloud'
  channel: 'http' | 'stream' | 'callback'
  method: string
  path: string
  status: number
  ms: number
  request: unknown
  response: unknown
  xml: string | null
  reply_xml: string | null
  attempt: number
  warnings: string[]
}

export type Knobs = Record<string, number | boolean | string>
export type Faults = Record<Platform, Knobs>

export interface PlatformCounters {
  api_calls: Record<string, number>
  billable_calls: number
  pushes: number
  messages: Record<string, number>
  cards: Record<string, number>
  card_updates: number
  clicks: Record<string, number>
  said: Record<string, number>
}

export type Counters = Record<Platform, PlatformCounters>

export interface Health {
  ok: boolean
  dingtalk: { connections: number }
  wecom: { callback: string | null }
}

export interface Clock {
  now: number
  offset: number
}

async function call<T>(path: string, body?: object): Promise<T> {
  const init = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(`/sandbox/api/${path}`, init)
  const found = (await answer.json()) as T & { error?: string }
  if (!answer.ok) throw new Error(found.error || `HTTP ${answer.status}`)
  return found
}

const who = (platform: Platform, userid: string) => `${platform}/${encodeURIComponent(userid)}`

export const getCompany = () => call<Company>('people')
export const getMessages = async (platform: Platform, userid: string) =>
  (await call<{ messages: Message[] }>(`chats/${who(platform, userid)}`)).messages
export const say = (platform: Platform, userid: string, text: string, group: string | null) =>
  call<Said>('say', group ? { platform, userid, text, group } : { platform, userid, text })
/** A picture or a file to the bot, as base64. */
export const sayFile = (platform: Platform, userid: string, file: { name: string; base64: string }, group: string | null) =>
  call<Said>('say', group ? { platform, userid, file, group } : { platform, userid, file })
export const click = (platform: Platform, userid: string, card_id: string, press: Press) =>
  call<Clicked>('click', { platform, userid, card_id, ...press })
export const getWire = async (after: number, limit = 200) =>
  (await call<{ entries: WireEntry[] }>(`wire?limit=${limit}&after=${after}`)).entries
export const getClock = () => call<Clock>('clock')
export const advance = (seconds: number) => call<Clock>('clock', { advance_seconds: seconds })
export const getFaults = () => call<Faults>('faults')
export const setFaults = (platform: Platform | 'both', knobs: Knobs) => call<Faults>('faults', { platform, ...knobs })
export const getCounters = () => call<Counters>('counters')
export const resetCounters = () => call<Counters>('counters', { reset: true })
export const getPost = () => call<Post>('post')
export const getHealth = () => call<Health>('health')

export function webviewUrl(platform: Platform, userid: string, url: string): string {
  return `/webview/${who(platform, userid)}?url=${encodeURIComponent(url)}`
}
