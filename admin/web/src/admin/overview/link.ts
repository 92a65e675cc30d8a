/** Where a tile leads: the server may name a hash link, a path of this page or another address. */
export interface Lead {
  route: string | null
  href: string | null
}

export function leadOf(link: string | null | undefined): Lead {
  if (!link) return { route: null, href: null }
  const inside = link.replace(/^(\/admin\/?)?#/, '')
  if (inside !== link || link.charAt(0) === '/') return { route: inside.charAt(0) === '/' ? inside : `/${inside}`, href: null }
  return { route: null, href: link }
}
