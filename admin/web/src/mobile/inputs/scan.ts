/** Reading codes: DingTalk's scanner, BarcodeDetector where the browser has one, jsQR (QR codes only) elsewhere. */
import { inDingTalk } from '../platform'

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>
}

const MOST_PIXELS = 1600 // a photo of 12 megapixels takes jsQR seconds

/** The text; empty when the person gave up; null when this client has no scanner of its own. */
export async function scanInClient(): Promise<string | null> {
  if (!inDingTalk) return null
  try {
    const { default: scan } = await import('dingtalk-jsapi/api/biz/util/scan')
    const found = (await scan({ type: 'all' })) as { text?: string }
    return found.text || ''
  } catch {
    return null // an old client, or outside of it
  }
}

/** The first code in a photo; empty when there is none. */
export async function readPhoto(file: File): Promise<string> {
  const picture = await createImageBitmap(file).catch(() => null)
  if (!picture) return ''
  return (await detect(picture)) || (await readQr(picture))
}

async function detect(picture: ImageBitmap): Promise<string> {
  const Native = (window as unknown as { BarcodeDetector?: new () => Detector }).BarcodeDetector
  if (!Native) return ''
  const found = await new Native().detect(picture).catch(() => [])
  return found.length ? found[0].rawValue : ''
}

async function readQr(picture: ImageBitmap): Promise<string> {
  const share = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * share)
  canvas.height = Math.round(picture.height * share)
  const pen = canvas.getContext('2d')
  if (!pen) return ''
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  const { default: jsQR } = await import('jsqr')
  const found = jsQR(pen.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height)
  return found ? found.data : ''
}
