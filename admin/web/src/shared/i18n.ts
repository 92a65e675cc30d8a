/** `t('English text')`: the English text is the key, zh-CN.json the default dictionary, `?lang=en` switches. */
import zh from './zh-CN.json'

export type Language = 'zh-CN' | 'en'

const dictionary: Record<string, string> = zh

function chosen(): Language {
  if (typeof location === 'undefined') return 'zh-CN'
  const asked = new URLSearchParams(location.search).get('lang') || remembered()
  return asked === 'en' ? 'en' : 'zh-CN'
}

function remembered(): string | null {
  try {
    return localStorage.getItem('zs.lang')
  } catch {
    return null // storage is blocked in some embedded browsers
  }
}

export const language: Language = chosen()

/** `t('{n} rows', { n: 3 })`; an unknown key shows itself. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = language === 'en' ? key : dictionary[key] || key
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}
