/** Input masks: `9` a digit, `A` a letter, `*` either, everything else stands as written. */

const FITS: { [mark: string]: RegExp } = { '9': /\d/, A: /[A-Za-z]/, '*': /[0-9A-Za-z\u4e00-\u9fff]/ }

/** What was typed, in the shape of the mask as far as it goes; characters that do not fit are dropped. */
export function applyMask(mask: string, text: string): string {
  const typed = Array.from(text).filter((char) => /[0-9A-Za-z\u4e00-\u9fff]/.test(char))
  let out = ''
  let pending = ''
  for (const mark of Array.from(mask)) {
    if (!FITS[mark]) {
      pending += mark
      if (typed[0] === mark) typed.shift()
      continue
    }
    while (typed.length && !FITS[mark].test(typed[0])) typed.shift()
    if (!typed.length) break
    out += pending + typed.shift()
    pending = ''
  }
  return out
}

/** Shown while empty: `999-A` as `___-_`. */
export const maskHint = (mask: string): string => mask.replace(/[9A*]/g, '_')
