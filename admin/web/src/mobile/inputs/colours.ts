/** Colours of options: a name of the palette or `#rrggbb`; text stays readable on its own soft ground. */

const PALETTE: { [name: string]: [ink: string, ground: string] } = {
  red: ['#a31f24', '#fdecec'],
  orange: ['#8a4b00', '#fff0dc'],
  yellow: ['#735c00', '#fdf6cf'],
  green: ['#07663a', '#e4f6ec'],
  cyan: ['#0b6270', '#e0f5f7'],
  blue: ['#0f4fd4', '#e8f0ff'],
  purple: ['#5b33a8', '#f0eafb'],
  pink: ['#9b1f63', '#fde9f3'],
  grey: ['#4e5461', '#f0f2f5'],
  gray: ['#4e5461', '#f0f2f5'],
}

export function paint(color: string | null | undefined): { [property: string]: string } | undefined {
  if (!color) return undefined
  const known = PALETTE[color]
  if (known) return { color: known[0], background: known[1] }
  const found = /^#([0-9a-f]{6})$/i.exec(color)
  return found ? { color: darker(found[1]), background: `${color}22` } : undefined
}

/** Half as bright: dark enough on a ground of the same colour at 13 %. */
function darker(hex: string): string {
  const part = (at: number) => Math.round(parseInt(hex.slice(at, at + 2), 16) * 0.5)
  return `rgb(${part(0)}, ${part(2)}, ${part(4)})`
}
