import { stat } from 'node:fs/promises'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import { readRgb } from '#core/media/rgb-picture.ts'
import type { Log } from '#core/ports.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { type SegmentView, segmentPicture, segmentView } from '#shared/assist/segment-picture.ts'
import { promptFeeds, type SegmentPrompt } from '#shared/assist/segment-prompt.ts'
import type { SegmentDetail, SegmentShape } from '#shared/assist/segment-result.ts'
import type { Feed } from '#shared/assist/tensor.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { Embeddings } from './embeddings.ts'
import type { Inference } from './inference.ts'
import type { Models } from './models.ts'
import type { ModelFacts } from './orders.ts'

interface Deps {
  models: Pick<Models, 'engine'>
  inference: { interactive: Inference; background: Inference }
  images: Pick<ImageRepository, 'get'>
  /** The image's file, fetched when it is not here. */
  fileOf: (imageId: string) => Promise<string>
  embeddings: Embeddings
  log: Log
}

interface Prepared {
  size: { width: number; height: number }
  view: SegmentView
  embedding: Record<string, Feed>
}

type Engine = Awaited<ReturnType<Models['engine']>>

/** Of an image that is open in a window. The window asks anew as the pointer moves: only the newest counts. */
interface Ask {
  imageId: string
  engineId: string
  prompt: SegmentPrompt
  output: SegmentOutput
  detail: SegmentDetail
}

/**
 * Finds the thing at a click on this machine. The embedding of an image is made once, in the background for images that
 * may come next, and kept on disk; each prompt then only runs the small decoder.
 */
export class Segmenter {
  readonly #deps: Deps
  readonly #making = new Map<string, Promise<void>>()
  #ahead = new AbortController()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Makes the image's embedding, if it is not there. Throws a UserError. */
  async prepare(imageId: string, engineId: string): Promise<void> {
    await this.#prepared(imageId, await this.#deps.models.engine(engineId), 'interactive')
  }

  /** Makes those of images that may come next, one after the other; an earlier wish is forgotten. Never rejects. */
  async prepareAhead(imageIds: readonly string[], engineId: string): Promise<void> {
    this.#ahead.abort()
    this.#ahead = new AbortController()
    const { signal } = this.#ahead
    try {
      const engine = await this.#deps.models.engine(engineId)
      for (const imageId of imageIds) {
        // What the person waits for has the machine to itself.
        if (signal.aborted || this.#deps.inference.interactive.isBusy) return
        await this.#prepared(imageId, engine, 'background')
      }
    } catch (error) {
      this.#deps.log.warn('an image was not prepared', { error: messageOf(error) })
    }
  }

  /** Best first; empty where the model finds nothing. Throws a UserError. */
  async ask({ imageId, engineId, prompt, output, detail }: Ask): Promise<SegmentShape[]> {
    const engine = await this.#deps.models.engine(engineId)
    const prepared = await this.#prepared(imageId, engine, 'interactive')
    const { pair, decoder } = engine
    const { form } = pair.decoder
    const feeds = promptFeeds(form, factsOf(decoder), prompt, prepared)
    const { size, view } = prepared
    return this.#deps.inference.interactive.segment(decoder.file, feeds, {
      form,
      view,
      size,
      output,
      detail,
    })
  }

  async #prepared(
    imageId: string,
    { pair, encoder }: Engine,
    by: 'interactive' | 'background',
  ): Promise<Prepared> {
    const { images, fileOf, embeddings } = this.#deps
    const { width, height } = images.get(imageId)
    if (!width || !height)
      throw new UserError('no_size', 'The image has not been read yet. Try again in a moment.')
    const size = { width, height }
    const picture = await fileOf(imageId)
    const info = await stat(picture).catch((error: unknown) => {
      throw toUserError(error, picture)
    })
    const facts = factsOf(encoder)
    const view = segmentView(pair.encoder.form, facts, size)
    const outputs = facts.outputs.map(({ name }) => name)
    const { form } = pair.decoder
    const what = [encoder.id, encoder.sha256 ?? encoder.sizeBytes, form, view, outputs]
    const { file, isThere } = await embeddings.fileFor([picture, info.size, info.mtimeMs, ...what])
    if (!isThere) {
      const make = async () => {
        const pixels = await readRgb(picture, view.picture)
        const feed = segmentPicture(pair.encoder.form, form, view, pixels)
        await this.#deps.inference[by].run(
          encoder.file,
          { [facts.inputs[0]?.name ?? '']: feed },
          { outputs: [], save: { file, outputs } },
        )
        await embeddings.trim(file)
      }
      const making = this.#making.get(file) ?? make().finally(() => this.#making.delete(file))
      this.#making.set(file, making)
      await making
    }
    const embedding = Object.fromEntries(
      outputs.map((name): [string, Feed] => [name, { kind: 'saved', file, name }]),
    )
    return { size, view, embedding }
  }
}

function factsOf({ name, facts }: { name: string; facts: ModelFacts | null }): ModelFacts {
  if (!facts) throw new UserError('model_broken', `${name} cannot be read any more.`)
  return facts
}
