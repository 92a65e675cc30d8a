/** Rich text: the few elements that the editor makes; anything else becomes its text. The server sanitises again. */

const KEPT = ['P', 'BR', 'B', 'STRONG', 'I', 'EM', 'U', 'S', 'UL', 'OL', 'LI', 'H3', 'H4', 'BLOCKQUOTE', 'A']
const GONE = ['SCRIPT', 'STYLE', 'IFRAME', 'OBJECT', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'TITLE']
const RENAMED: { [name: string]: string } = { DIV: 'P', H1: 'H3', H2: 'H3', H5: 'H4', H6: 'H4' }

export function cleanHtml(html: string): string {
  // an inert document: no picture is fetched, no handler runs while it is read
  const parsed = new DOMParser().parseFromString(`<body>${html}</body>`, 'text/html')
  const out = document.implementation.createHTMLDocument('')
  keep(parsed.body, out.body, out)
  return out.body.innerHTML
}

function keep(from: Node, to: Node, out: Document): void {
  for (const node of Array.from(from.childNodes)) {
    if (node.nodeType === 3) to.appendChild(out.createTextNode(node.nodeValue || ''))
    if (node.nodeType !== 1 || GONE.indexOf(node.nodeName) >= 0) continue
    const name = RENAMED[node.nodeName] || node.nodeName
    keep(node, KEPT.indexOf(name) < 0 ? to : to.appendChild(element(name, node as Element, out)), out)
  }
}

function element(name: string, from: Element, out: Document): Element {
  const made = out.createElement(name)
  const href = from.getAttribute('href') || ''
  if (name === 'A' && /^(https?:|mailto:|tel:)/i.test(href)) {
    made.setAttribute('href', href)
    made.setAttribute('target', '_blank')
    made.setAttribute('rel', 'noopener noreferrer')
  }
  return made
}

/** Nothing to read in it. */
export const isBlankHtml = (html: string): boolean => html.replace(/<[^>]*>|&nbsp;|\s/g, '') === ''
