import type { Tone } from './tone.ts'
import type { ToneAnswer, ToneRequest } from './tone-worker.ts'

let worker: Worker | null = null
let nextId = 1
const waiting = new Map<
  number,
  { resolve: (bitmap: ImageBitmap) => void; reject: (error: Error) => void }
>()

function startWorker(): Worker {
  const started = new Worker(new URL('./tone-worker.ts', import.meta.url), { type: 'module' })
  started.onmessage = ({ data }: MessageEvent<ToneAnswer>) => {
    const asked = waiting.get(data.id)
    waiting.delete(data.id)
    if ('bitmap' in data) asked?.resolve(data.bitmap)
    else asked?.reject(new Error(data.problem))
  }
  return started
}

/** The image of an address, decoded, upright and in another tone. Rejects with the reason in words. */
export function tonedImage(url: string, tone: Tone): Promise<ImageBitmap> {
  worker ??= startWorker()
  const request: ToneRequest = { id: nextId++, url: new URL(url, location.href).href, tone }
  const { promise, resolve, reject } = Promise.withResolvers<ImageBitmap>()
  waiting.set(request.id, { resolve, reject })
  worker.postMessage(request)
  return promise
}
