/** The question part of the page's address, which the platform's login would lose. */

const KEPT = 'zs.query.'

/** Remembered before the platform's login takes the page away; it comes back without the question. */
export function rememberQuery(handle: string, search: string): void {
  try {
    if (search) sessionStorage.setItem(KEPT + handle, search)
  } catch {
    // blocked: then the defaults are lost on the way, the form itself is not
  }
}

export function queryOf(handle: string): URLSearchParams {
  if (location.search) return new URLSearchParams(location.search)
  try {
    const kept = sessionStorage.getItem(KEPT + handle) || ''
    sessionStorage.removeItem(KEPT + handle)
    return new URLSearchParams(kept)
  } catch {
    return new URLSearchParams()
  }
}
