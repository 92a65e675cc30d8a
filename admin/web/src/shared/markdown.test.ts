import { describe, expect, it } from 'vitest'
import { blocks, inlines } from './markdown'

describe('Markdown of chat messages', () => {
  it('knows headings, lists, quotes and paragraphs', () => {
    const found = blocks('### 待办\n1. 甲\n2. 乙\n- 丙\n\n> 引\n> 用\n\n一行\n二行\n---')
    expect(found.map((block) => block.kind)).toEqual(['heading', 'list', 'list', 'quote', 'paragraph', 'line'])
    expect(found[1]).toMatchObject({ ordered: true, items: [[{ text: '甲' }], [{ text: '乙' }]] })
    expect(found[4]).toMatchObject({ lines: [[{ text: '一行' }], [{ text: '二行' }]] })
  })

  it('knows bold, links, pictures and coloured text inside a line', () => {
    expect(inlines('见 **重点** [打开](http://x/y) <font color="info">好</font>')).toEqual([
      { kind: 'text', text: '见 ' },
      { kind: 'bold', text: '重点' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: '打开', url: 'http://x/y' },
      { kind: 'text', text: ' ' },
      { kind: 'colour', colour: 'info', inside: [{ kind: 'text', text: '好' }] },
    ])
  })

  it('takes other HTML for text', () => {
    const script = '<script>alert(1)</script>'
    expect(inlines(script)).toEqual([{ kind: 'text', text: script }])
  })
})
