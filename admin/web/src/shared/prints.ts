import type { PrintWay } from './schema'

const WORDS: Record<string, string> = { html: '网页', pdf: 'PDF', docx: 'Word', xlsx: 'Excel' }

/** What a format is called. */
export const formatWord = (format: string): string => WORDS[format] ?? format

/** Each way with each of its formats, as a menu shows them; labels come last. */
export function printChoices(ways: PrintWay[]): { way: PrintWay; format: string; text: string }[] {
  return ways.flatMap((way) => way.formats.map((format) => ({ way, format, text: `${way.title} · ${formatWord(format)}` })))
}

/** The address of a printed sheet below a record's or a list's address. */
export const printAddress = (base: string, template: string, format: string, more = ''): string =>
  `${base}/print?format=${format}&template=${encodeURIComponent(template)}${more}`
