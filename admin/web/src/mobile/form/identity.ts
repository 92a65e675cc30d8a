/** What the page can say at once about phone numbers, addresses of the net and the checksums of 身份证 and 信用代码. */
import { t } from '../../shared/i18n'

const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const ID_CHECK = '10X98765432'
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

/** GB 11643: 17 digits with a birthday that exists, and a check digit mod 11. */
export function isIdCard(text: string): boolean {
  const found = /^\d{6}(\d{4})(\d\d)(\d\d)\d{3}[\dX]$/.exec(text.toUpperCase())
  if (!found) return false
  const [year, month, day] = found.slice(1).map(Number)
  const born = new Date(Date.UTC(year, month - 1, day))
  if (born.getUTCMonth() !== month - 1 || born.getUTCDate() !== day || year < 1800) return false
  const sum = ID_WEIGHTS.reduce((total, weight, at) => total + weight * Number(text[at]), 0)
  return ID_CHECK[sum % 11] === text[17].toUpperCase()
}

/** GB 32100: 18 characters without I O S V Z, check character mod 31. */
export function isUscc(text: string): boolean {
  const code = text.toUpperCase()
  if (code.length !== 18) return false
  const values = Array.from(code).map((char) => USCC_ALPHABET.indexOf(char))
  if (values.some((value) => value < 0)) return false
  const sum = USCC_WEIGHTS.reduce((total, weight, at) => total + weight * values[at], 0)
  return (31 - (sum % 31)) % 31 === values[17]
}

/** A sentence, or nothing when the text looks right (or is of another kind). */
export function doubtAbout(type: string, text: string): string {
  if (type === 'phone') return /^(\+?\d[\d\s-]{5,19})$/.test(text) ? '' : t('This does not look like a phone number')
  if (type === 'email') return /^[^@\s]+@[^@\s]+\.[^@\s.]+$/.test(text) ? '' : t('This does not look like an e-mail address')
  if (type === 'url') return /^https?:\/\/[^\s.]+\.\S+$/i.test(text) ? '' : t('A web address starts with http:// or https://')
  if (type === 'id_card') return doubtLength(text, 18) || (isIdCard(text) ? '' : t('The check digit does not match, please compare with the card'))
  if (type === 'uscc') return doubtLength(text, 18) || (isUscc(text) ? '' : t('The check character does not match, please compare with the licence'))
  if (type === 'passport') return /^(?=.*\d)[A-Z0-9]{6,12}$/.test(text) ? '' : t('A passport number has 6 to 12 letters and digits')
  return ''
}

const doubtLength = (text: string, length: number): string =>
  text.length === length ? '' : t('{n} characters are needed, {m} are here', { n: length, m: text.length })
