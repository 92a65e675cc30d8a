/** Server-sent events of the sandbox; one stream for the page, closed while nobody looks. */
import type { Platform } from './client'

export interface News {
  type: 'chat' | 'wire' | 'post'
  platform: Platform
  userid?: string
}

type Listener = (news: News) => void

const listeners = new Set<Listener>()
const openers = new Set<() => void>()
let stream: EventSource | null = null

/** `heard` gets every event; `opened` is called whenever the stream stands (again), to fetch what was missed. */
export function listen(heard: Listener, opened: () => void): void {
  listeners.add(heard)
  openers.add(opened)
}

function connect(): void {
  if (stream || document.hidden) return
  stream = new EventSource('/sandbox/api/events')
  stream.onopen = () => openers.forEach((opened) => opened())
  stream.onmessage = (event) => {
    const news = JSON.parse(event.data as string) as News
    listeners.forEach((heard) => heard(news))
  }
}

function disconnect(): void {
  if (stream) stream.close()
  stream = null
}

export function start(): void {
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()))
  window.addEventListener('pagehide', disconnect)
  connect()
}
