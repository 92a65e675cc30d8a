/** The page's arrangement: tabs hold blocks, blocks hold fields; a section starts a titled block, a sub-table has its own. */
import type { Field, Row, Width } from '../../shared/schema'
import { isVisible } from './formula'

export interface Block {
  key: string
  /** the section's own field, for title, help and whether it starts folded */
  section: Field | null
  table: Field | null
  fields: Field[]
}

export interface Tab {
  key: string
  label: string
  blocks: Block[]
}

/** Fields stand side by side as soon as one of them says how wide it is. */
export const sideBySide = (fields: readonly { width?: Width | null }[]): boolean => fields.some((one) => one.width === 'half' || one.width === 'third')

/** One nameless tab where the form has none. Fields hidden by a condition are left out, and with a section all of it. */
export function arrange(fields: readonly Field[], values: Row): Tab[] {
  const tabs: Tab[] = [{ key: '', label: '', blocks: [] }]
  let section: Field | null = null
  let hidden = { tab: false, section: false }
  for (const field of fields) {
    const seen = isVisible(field, values)
    if (field.type === 'tab') {
      hidden = { tab: !seen, section: false }
      section = null
      if (seen) tabs.push({ key: field.key, label: field.label, blocks: [] })
    } else if (field.type === 'section') {
      hidden.section = !seen
      section = field
      if (seen && !hidden.tab) tabs[tabs.length - 1].blocks.push({ key: field.key, section, table: null, fields: [] })
    } else if (seen && !hidden.tab && !hidden.section) place(tabs[tabs.length - 1], field, section)
  }
  return tabs.filter((tab) => tab.blocks.some((block) => block.table || block.fields.length))
}

function place(tab: Tab, field: Field, section: Field | null): void {
  if (field.type === 'subtable') {
    tab.blocks.push({ key: field.key, section: null, table: field, fields: [] })
    return
  }
  const last = tab.blocks[tab.blocks.length - 1]
  if (last && !last.table) last.fields.push(field)
  else tab.blocks.push({ key: `${section ? section.key : ''}:${field.key}`, section: null, table: null, fields: [field] })
}

/** The tab that holds a problem's field. */
export function tabOf(tabs: readonly Tab[], path: string): string | null {
  const key = path.split('.')[0]
  const holds = (block: Block) => (block.table ? block.table.key === key : block.fields.some((field) => field.key === key))
  const found = tabs.find((tab) => tab.blocks.some(holds))
  return found ? found.key : null
}
