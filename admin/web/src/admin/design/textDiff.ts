/** Line by line comparison of two texts, for looking at an old version beside the present one. */
export interface Line {
  sign: ' ' | '+' | '-'
  text: string
}

/** Longest common subsequence over lines; definitions have hundreds of lines, so a square table is fine. */
export function lineDiff(before: string, after: string): Line[] {
  const a = before.split('\n')
  const b = after.split('\n')
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1])
    }
  }
  return walk(a, b, table)
}

function walk(a: string[], b: string[], table: Uint32Array[]): Line[] {
  const out: Line[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ sign: ' ', text: a[i++] })
      j++
    } else if (i < a.length && (j >= b.length || table[i + 1][j] >= table[i][j + 1])) out.push({ sign: '-', text: a[i++] })
    else out.push({ sign: '+', text: b[j++] })
  }
  return out
}
