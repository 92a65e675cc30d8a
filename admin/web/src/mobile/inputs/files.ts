import type { Attachment } from '../../shared/schema'

export function fileUrl(file: Attachment, thumb = false): string {
  return `/h5/api/files/${encodeURIComponent(file.id)}${thumb ? '?thumb=1' : ''}`
}

export function isPicture(file: Attachment): boolean {
  return /^image\/(png|jpe?g|gif|webp|bmp)/.test(file.type)
}

/** For the file picker; definitions may write `image/` for every kind of picture. */
export function acceptText(accept: string | readonly string[] | null | undefined): string {
  const kinds = typeof accept === 'string' ? accept.split(',') : accept || []
  return kinds
    .map((kind) => kind.trim())
    .filter(Boolean)
    .map((kind) => (kind.slice(-1) === '/' ? `${kind}*` : kind))
    .join(',')
}
