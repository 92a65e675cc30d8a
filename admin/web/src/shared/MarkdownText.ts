/** Draws the Markdown of a chat message; a link is reported, not followed. */
import { defineComponent, h, type VNode } from 'vue'
import { blocks, inlines, type Block, type Inline } from './markdown'

const COLOURS: Record<string, string> = { info: '#0a7f45', comment: '#646a73', warning: '#b3541e', red: '#c9282d', green: '#0a7f45' }

const SAFE = /^(https?:\/\/|\/)/i // a card of a stranger may hold javascript:

type Open = (url: string) => void

function drawInline(part: Inline, open: Open): VNode | string {
  if (part.kind === 'text') return part.text
  if (part.kind === 'bold') return h('strong', nested(part.text, open))
  if (part.kind === 'italic') return h('em', part.text)
  if (part.kind === 'code') return h('code', part.text)
  if (part.kind === 'colour') return h('span', { style: { color: COLOURS[part.colour] || part.colour } }, all(part.inside, open))
  if (part.kind === 'image') return h('img', { src: part.url, alt: part.text, onClick: () => open(part.url) })
  if (!SAFE.test(part.url)) return part.text
  const follow = (event: Event) => {
    event.preventDefault()
    open(part.url)
  }
  return h('a', { href: part.url, rel: 'noopener', onClick: follow }, part.text)
}

const nested = (text: string, open: Open) => all(inlines(text), open)
const all = (parts: Inline[], open: Open) => parts.map((part) => drawInline(part, open))

function lines(found: Inline[][], open: Open): (VNode | string)[] {
  return found.flatMap((line, index) => (index ? [h('br'), ...all(line, open)] : all(line, open)))
}

function drawBlock(block: Block, open: Open): VNode {
  if (block.kind === 'line') return h('hr')
  if (block.kind === 'heading') return h('p', { class: ['md-h', `md-h${Math.min(block.level, 4)}`] }, all(block.inside, open))
  if (block.kind === 'paragraph') return h('p', lines(block.lines, open))
  if (block.kind === 'quote') return h('blockquote', lines(block.lines, open))
  return h(block.ordered ? 'ol' : 'ul', block.items.map((item) => h('li', all(item, open))))
}

export default defineComponent({
  props: { text: { type: String, required: true } },
  emits: { open: (url: string) => !!url },
  setup(props, { emit }) {
    return () => h('div', { class: 'md' }, blocks(props.text).map((block) => drawBlock(block, (url) => emit('open', url))))
  },
})
