/** Exact decimal text: amounts never become floating point numbers on their way through the page. */

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?$/

/** What a thumb or a clipboard brings: full-width digits, thousands separators, ¥ and blanks. */
export function cleanNumber(text: string): string {
  const narrow = text.replace(/[０-９．－]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0)).replace(/。/g, '.')
  return narrow.replace(/[,，\s¥￥元]/g, '')
}

export function isNumber(text: string): boolean {
  const found = SHAPE.exec(text)
  return !!found && (found[2] !== '' || !!found[3])
}

/** How many digits stand behind the point. */
export function scaleOf(text: string): number {
  const found = SHAPE.exec(text)
  return found && found[3] ? found[3].length : 0
}

/** The number times 10^scale as an integer; digits beyond `scale` are cut. */
function scaled(text: string, scale: number): bigint {
  const found = SHAPE.exec(text)
  if (!found) return BigInt(0)
  const fraction = (found[3] || '').slice(0, scale)
  const digits = BigInt((found[2] || '0') + fraction + '0'.repeat(scale - fraction.length))
  return found[1] === '-' ? -digits : digits
}

function unscaled(value: bigint, scale: number): string {
  const negative = value < BigInt(0)
  const digits = String(negative ? -value : value)
  const padded = '0'.repeat(Math.max(0, scale + 1 - digits.length)) + digits
  const whole = padded.slice(0, padded.length - scale)
  return (negative ? '-' : '') + whole + (scale ? `.${padded.slice(padded.length - scale)}` : '')
}

/** Exact sum; what is no number counts as nothing. */
export function sum(texts: readonly string[]): string {
  const numbers = texts.filter(isNumber)
  const scale = Math.max(0, ...numbers.map(scaleOf))
  return unscaled(
    numbers.reduce((total, text) => total + scaled(text, scale), BigInt(0)),
    scale,
  )
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: string, b: string): number {
  const scale = Math.max(scaleOf(a), scaleOf(b))
  const difference = scaled(a, scale) - scaled(b, scale)
  return difference < BigInt(0) ? -1 : difference > BigInt(0) ? 1 : 0
}

/** Rounded half away from zero to `places`, as the server stores computed numbers; fewer digits stay as they are. */
export function round(text: string, places: number): string {
  if (!isNumber(text) || scaleOf(text) <= places) return text
  const value = scaled(text, places + 1)
  const ten = BigInt(10)
  const last = Number(value % ten)
  const away = last >= 5 ? BigInt(1) : last <= -5 ? BigInt(-1) : BigInt(0)
  return unscaled(value / ten + away, places)
}

/** `1234.5` with two places → `1,234.50`; places are filled up, never cut. */
export function showNumber(text: string, places: number | null = null): string {
  const found = SHAPE.exec(text)
  if (!found || !isNumber(text)) return text
  const whole = (found[2].replace(/^0+(?=\d)/, '') || '0').replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const fraction = (found[3] || '') + '0'.repeat(Math.max(0, (places || 0) - scaleOf(text)))
  return `${found[1] === '-' ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`
}
