/** Provinces, cities and districts: loaded once for all address fields. Codes have 6 digits: `xx0000`, `xxxx00`, else a district. */
import { get } from '../../shared/api'

export interface Areas {
  [code: string]: string
}

let loading: Promise<Areas> | null = null

export function loadAreas(): Promise<Areas> {
  if (!loading) {
    loading = get<{ areas: Areas }>('/h5/api/areas').then((answer) => answer.areas)
    loading.catch(() => (loading = null)) // the next try asks again
  }
  return loading
}

export interface Place {
  code: string
  name: string
}

const level = (code: string): 1 | 2 | 3 => (/0000$/.test(code) ? 1 : /00$/.test(code) ? 2 : 3)

/** What lies directly under `code` (empty: the provinces). A province without cities (直辖市) has its districts. */
export function under(areas: Areas, code: string): Place[] {
  const codes = Object.keys(areas)
  if (!code) return named(areas, codes.filter((one) => level(one) === 1))
  if (level(code) === 3) return []
  const size = level(code) * 2
  const inside = codes.filter((one) => one !== code && one.slice(0, size) === code.slice(0, size))
  const next = inside.filter((one) => level(one) === level(code) + 1)
  const stray = inside.filter((one) => level(one) === 3 && level(code) === 1 && !(one.slice(0, 4) + '00' in areas))
  return named(areas, [...next, ...stray])
}

const named = (areas: Areas, codes: string[]): Place[] => codes.sort().map((code) => ({ code, name: areas[code] }))

export interface Names {
  province: string
  city: string
  district: string
}

export function namesOf(areas: Areas, code: string): Names {
  const province = areas[`${code.slice(0, 2)}0000`] || ''
  const city = level(code) >= 2 ? areas[`${code.slice(0, 4)}00`] || '' : ''
  return { province, city, district: level(code) === 3 ? areas[code] || '' : '' }
}

/** The way from the province to the code, for the cascade. */
export function chain(areas: Areas, code: string): string[] {
  if (!code) return []
  return [`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`, code].filter((one, at, all) => one in areas && all.indexOf(one) === at)
}
