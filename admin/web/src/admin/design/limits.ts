/** What a WeCom template card can hold at most (facts published by the platform); the server cuts what is longer. */
import type { Drawn } from '../../shared/schema'

export interface Limit {
  what: string
  used: number
  most: number
}

export function wecomLimits(card: Drawn): Limit[] {
  const limits: Limit[] = [
    { what: '标题', used: card.title.length, most: 26 },
    { what: '正文', used: card.markdown.length, most: 112 },
    { what: '行数', used: card.rows.length, most: 6 },
    { what: '按钮', used: card.buttons.length, most: 6 },
  ]
  const longest = Math.max(0, ...card.rows.map((row) => row.value.length))
  if (longest) limits.push({ what: '最长的值', used: longest, most: 26 })
  return limits.filter((limit) => limit.used > 0)
}
