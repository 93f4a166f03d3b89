import { PictureTools } from '#shared/assist/picture-tools.ts'
import {
  answerCall,
  type PictureAnswer,
  type PictureFile,
  type PictureOrder,
} from '#shared/assist/picture-work.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** Larger pictures are read smaller: four bytes a pixel stay in memory. */
const MOST_PIXELS = 50_000_000
/** Paths are looked for ahead in pieces, so that an order never waits longer for one. Pixels of the map. */
const PIECE = 20_000

/** The one picture that is in memory. */
let current: { url: string; tools: Promise<PictureTools> } | null = null
let isWorkingAhead = false

async function read({ file, width, height }: PictureFile): Promise<PictureTools> {
  const scale = Math.max(1, Math.sqrt((width * height) / MOST_PIXELS))
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    ...(scale > 1 ? { resizeWidth: Math.round(width / scale), resizeQuality: 'medium' } : {}),
  })
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('The image could not be drawn')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const pixels = { width: canvas.width, height: canvas.height, data }
  return new PictureTools(pixels, width / canvas.width)
}

async function toolsOf(picture: PictureFile | null): Promise<PictureTools> {
  if (!picture) throw new Error('There is no picture')
  if (current?.url === picture.url) return current.tools
  const tools = read(picture)
  current = { url: picture.url, tools }
  // A failure is not kept: the file may be mended.
  tools.catch(() => {
    if (current?.tools === tools) current = null
  })
  return tools
}

async function workAhead(): Promise<void> {
  const tools = await current?.tools.catch(() => null)
  if (tools?.workAhead(PIECE)) setTimeout(() => void workAhead(), 0)
  else isWorkingAhead = false
}

async function answer({ id, picture, call }: PictureOrder): Promise<PictureAnswer> {
  try {
    return { id, result: await answerCall(call, () => toolsOf(picture)) }
  } catch (error) {
    return { id, error: messageOf(error) }
  }
}

addEventListener('message', async ({ data }: MessageEvent<PictureOrder>) => {
  postMessage(await answer(data))
  if (data.call[0] !== 'wirePath' || isWorkingAhead) return
  isWorkingAhead = true
  void workAhead()
})
