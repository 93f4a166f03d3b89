/** Decodes an image and shows it in another tone, away from the thread that draws. */
import { applyTone, type Tone, toneTable } from './tone.ts'

export interface ToneRequest {
  id: number
  url: string
  tone: Tone
}

export type ToneAnswer = { id: number; bitmap: ImageBitmap } | { id: number; problem: string }

/** The pixels of the image asked for last: its tone may be changed many times. */
let last: { url: string; pixels: Promise<ImageData> } | null = null

async function decode(url: string): Promise<ImageData> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(await response.text())
  const bitmap = await createImageBitmap(await response.blob(), { imageOrientation: 'from-image' })
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('The browser gives no 2D canvas')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

async function toned({ url, tone }: ToneRequest): Promise<ImageBitmap> {
  if (last?.url !== url) last = { url, pixels: decode(url) }
  const { data, width, height } = await last.pixels
  const pixels = new Uint8ClampedArray(data)
  applyTone(pixels, toneTable(tone))
  return createImageBitmap(new ImageData(pixels, width, height))
}

self.onmessage = async ({ data }: MessageEvent<ToneRequest>) => {
  const { id } = data
  try {
    const bitmap = await toned(data)
    self.postMessage({ id, bitmap } satisfies ToneAnswer, { transfer: [bitmap] })
  } catch (error) {
    last = null
    const problem = error instanceof Error ? error.message : String(error)
    self.postMessage({ id, problem } satisfies ToneAnswer)
  }
}
