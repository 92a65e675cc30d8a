import type { PrintWay } from './schema'

const WORDS: Record<string, string> = { html: '网页', pdf: 'PDF', docx: 'Word', xlsx: 'Excel' }

/** What a format is called. */
export const formatWord = (format: string): string => WORDS[format] ?? format

/** Each way with each of its formats, as a menu shows them; a phone's menu has labels as PDF alone. */
export function printChoices(ways: PrintWay[], short = false): { way: PrintWay; format: string; text: string }[] {
  const formats = (way: PrintWay): string[] => (short && way.key.startsWith('label-') ? ['pdf'] : way.formats)
  return ways.flatMap((way) => formats(way).map((format) => ({ way, format, text: `${way.title} · ${formatWord(format)}` })))
}

/** The address of a printed sheet below a record's or a list's address. */
export const printAddress = (base: string, template: string, format: string, more = ''): string =>
  `${base}/print?format=${format}&template=${encodeURIComponent(template)}${more}`
