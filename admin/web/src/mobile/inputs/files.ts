import type { Attachment } from '../../shared/schema'

export function fileUrl(file: Attachment, thumb = false): string {
  return `/h5/api/files/${encodeURIComponent(file.id)}${thumb ? '?thumb=1' : ''}`
}

export function isPicture(file: Attachment): boolean {
  return /^image\/(png|jpe?g|gif|webp|bmp)/.test(file.type)
}
