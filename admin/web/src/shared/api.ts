/** JSON over fetch, one error shape everywhere (docs/pages-api.md). */
import { t } from './i18n'

export interface Problem {
  /** `items.2.amount` (0-based row) or `""` for the whole. */
  path: string
  message: string
}

/** Status 0 means that no answer came: offline, or the server is down. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly requestId: string
  readonly problems: Problem[]
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.message || `HTTP ${status}`))
    this.status = status
    this.body = body
    this.code = String(body.code || '')
    this.hint = String(body.hint || '')
    this.requestId = String(body.request_id || '')
    this.problems = Array.isArray(body.problems) ? (body.problems as Problem[]) : []
  }

  get offline(): boolean {
    return this.status === 0
  }
}

let csrf = ''
let renewToken: (() => Promise<void>) | null = null
let onLogin: (error: ApiError) => void = () => {}

export function setCsrf(token: string): void {
  csrf = token
}

export function csrfToken(): string {
  return csrf
}

/** `handler` is called on every 401, before the error is thrown. */
export function whenLoginNeeded(handler: (error: ApiError) => void): void {
  onLogin = handler
}

/** `renew` fetches a new token when the server no longer takes ours; the request is then repeated once. */
export function whenTokenStale(renew: () => Promise<void>): void {
  renewToken = renew
}

export function errorFrom(status: number, text: string): ApiError {
  let body: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed && typeof parsed === 'object') body = parsed as Record<string, unknown>
  } catch {
    // not JSON: a proxy in between answered
  }
  if (!body.message) body.message = status === 401 ? t('Please sign in') : t('The server answered with error {status}', { status })
  return new ApiError(status, body)
}

async function call<T>(method: string, url: string, body?: unknown): Promise<T> {
  try {
    return await once<T>(method, url, body)
  } catch (error) {
    if (!renewToken || !(error instanceof ApiError) || error.code !== 'csrf') throw error
    await renewToken()
    return once<T>(method, url, body)
  }
}

async function once<T>(method: string, url: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let answer: Response
  let text: string
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    answer = await fetch(url, { method, headers, body: sent, credentials: 'same-origin' })
    text = await answer.text()
  } catch {
    throw new ApiError(0, { code: 'offline', message: t('The network is down. Please try again later.') })
  }
  if (!answer.ok) {
    const error = errorFrom(answer.status, text)
    if (answer.status === 401) onLogin(error)
    throw error
  }
  return (text ? JSON.parse(text) : {}) as T
}

export const get = <T>(url: string): Promise<T> => call<T>('GET', url)
export const post = <T>(url: string, body: unknown = {}): Promise<T> => call<T>('POST', url, body)
export const put = <T>(url: string, body: unknown): Promise<T> => call<T>('PUT', url, body)
export const del = <T>(url: string): Promise<T> => call<T>('DELETE', url)

/** Upload one file as multipart `file`; XMLHttpRequest because fetch tells no progress. `onProgress` gets 0..1. */
export function upload<T>(url: string, file: File, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('file', file, file.name)
    request.open('POST', url)
    request.setRequestHeader('X-CSRF-Token', csrf)
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = () => reject(new ApiError(0, { code: 'offline', message: t('The network is down. Please try again later.') }))
    request.onload = () => {
      if (request.status < 300) return resolve(JSON.parse(request.responseText) as T)
      const error = errorFrom(request.status, request.responseText)
      if (request.status === 401) onLogin(error)
      reject(error)
    }
    request.send(form)
  })
}
