import type {
  PictureAnswer,
  PictureCall,
  PictureFile,
  PictureOrder,
  PictureWork,
} from '#shared/assist/picture-work.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { imageUrl } from './media.ts'

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** The page's one worker for pictures. It is started when it is first needed, and again after it failed. */
class PictureWorker {
  #worker: Worker | null = null
  #lastId = 0
  readonly #waiting = new Map<number, Waiting>()
  /** The last picture's file. The worker has no network of its own. */
  #file: { url: string; loading: Promise<Blob> } | null = null

  async ask(picture: Omit<PictureFile, 'file'>, call: PictureCall): Promise<unknown> {
    const needsFile = call[0] !== 'brushed'
    const file = needsFile ? await this.#fileOf(picture.url) : null
    this.#worker ??= this.#start()
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, { resolve, reject })
    const order: PictureOrder = { id, picture: file && { ...picture, file }, call }
    this.#worker.postMessage(order)
    return promise
  }

  #fileOf(url: string): Promise<Blob> {
    if (this.#file?.url === url) return this.#file.loading
    const loading = load(url)
    this.#file = { url, loading }
    // A failure is not kept: the file may be mended.
    loading.catch(() => {
      if (this.#file?.loading === loading) this.#file = null
    })
    return loading
  }

  #start(): Worker {
    const worker = new Worker(new URL('./picture-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<PictureAnswer>) => {
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      if ('error' in data) waiting?.reject(new Error(data.error))
      else waiting?.resolve(data.result)
    })
    worker.addEventListener('error', () => {
      worker.terminate()
      this.#worker = null
      const error = new Error(t('Couldn’t process the image. Try again'))
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
    return worker
  }
}

async function load(url: string): Promise<Blob> {
  const response = await fetch(url)
  if (response.ok) return response.blob()
  throw new Error((await response.text()) || t('Couldn’t read the image'))
}

const worker = new PictureWorker()

/** What smart tools ask of an image. */
export function pictureWork(image: DatasetImage): PictureWork {
  const picture = {
    url: imageUrl(image),
    width: image.width ?? 1,
    height: image.height ?? 1,
  }
  // The worker answers each call with what the method of its name returns.
  const ask = <Result>(...call: PictureCall) => worker.ask(picture, call) as Promise<Result>
  return {
    prepare: () => ask('prepare'),
    nearestEdge: (...args) => ask('nearestEdge', ...args),
    wirePath: (...args) => ask('wirePath', ...args),
    outline: (...args) => ask('outline', ...args),
    wand: (...args) => ask('wand', ...args),
    snapToEdges: (...args) => ask('snapToEdges', ...args),
    brushed: (...args) => ask('brushed', ...args),
  }
}
