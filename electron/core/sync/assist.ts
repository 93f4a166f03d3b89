import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Prediction } from '#core/api/auto-annotate.ts'
import type { Client } from '#core/api/client.ts'
import type { Sam3Options } from '#core/api/sam3-form.ts'
import { fromWireAnnotation } from '#core/api/wire-annotation.ts'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import { UserError } from '#core/user-error.ts'
import type { AssistAsk, Proposal } from '#shared/contract/service.ts'
import { stretchPoint } from '#shared/geometry/point.ts'
import { stretchShape } from '#shared/geometry/shape.ts'
import { newId, type Point } from '#shared/model/annotation.ts'
import type { Accounts } from './accounts.ts'
import { type SentPicture, sentPicture } from './sent-picture.ts'

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
}

/** Size of the picture that is sent, relative to the image. */
type Scale = Pick<SentPicture, 'sx' | 'sy'>
const SAME_SIZE: Scale = { sx: 1, sy: 1 }

/** A prompt on the image, in pixels of the picture that is sent. */
export function scaledAsk(ask: AssistAsk, { sx, sy }: Scale): AssistAsk {
  const scaled = (point: Point) => stretchPoint(point, { sx, sy, dx: 0, dy: 0 })
  if (ask.kind === 'text') return ask
  if (ask.kind === 'point')
    return { ...ask, positive: ask.positive.map(scaled), negative: ask.negative.map(scaled) }
  const { w, h, ...corner } = ask.box
  return { ...ask, box: { ...scaled(corner), w: w * sx, h: h * sy } }
}

/** Keeps the last rendition, because an object takes several prompts. */
function lastSentPicture() {
  let last: { key: string; sent: Promise<SentPicture> } | null = null
  return async (file: string): Promise<SentPicture> => {
    const { size, mtimeMs } = await stat(file)
    const key = JSON.stringify([file, size, mtimeMs])
    if (last?.key !== key) last = { key, sent: sentPicture(file) }
    const { sent } = last
    return sent.catch((error: unknown) => {
      last = null
      throw error
    })
  }
}

export type Assistant = ReturnType<typeof assistant>

/**
 * Requests shape proposals from the service; nothing is drawn. An image of a local folder is sent only if the user
 * allowed it for that folder. Throws what the client throws, and a UserError.
 */
export function assistant({ accounts, datasets, images, remotes }: Deps) {
  const lastSent = lastSentPicture()
  return async (imageId: string, className: string, ask: AssistAsk): Promise<Proposal> => {
    const image = images.get(imageId)
    const dataset = datasets.get(image.datasetId)
    const facts = remotes.find(imageId)
    const { answer, sx, sy } =
      dataset.remote && facts
        ? {
            ...SAME_SIZE,
            answer: await accounts.run(dataset.remote.accountId, (client) =>
              askInDataset(client, dataset.remote?.remoteId ?? '', facts.remoteId, className, ask),
            ),
          }
        : await askAboutFile(join(dataset.root, image.path), dataset, className, ask)
    const annotations = answer.annotations.flatMap((value) => {
      const parsed = fromWireAnnotation(value)
      // The user chooses the class, whatever the prompt said.
      if (!parsed.ok) return []
      const back = { sx: 1 / sx, sy: 1 / sy, dx: 0, dy: 0 }
      const shape = stretchShape(parsed.annotation.shape, back)
      return [{ ...parsed.annotation, id: newId(), className, shape }]
    })
    const nothing = answer.status === 'below_threshold' ? 'below_threshold' : 'no_detection'
    return {
      status: annotations.length > 0 ? 'success' : nothing,
      annotations,
      score: answer.score,
    }
  }

  async function askAboutFile(
    file: string,
    { kind, name, assistAccountId }: StoredDataset,
    className: string,
    ask: AssistAsk,
  ): Promise<{ answer: Prediction } & Scale> {
    if (kind === 'remote')
      throw new UserError('gone_there', 'The service does not have this image any more.')
    if (assistAccountId === null)
      throw new UserError(
        'not_allowed',
        `Images of “${name}” may not be sent to the service. Choose the Assist tool again to allow it.`,
      )
    const { picture, sx, sy } = await lastSent(file)
    const prompt = promptOf(scaledAsk(ask, { sx, sy }))
    const answer = await accounts.run(assistAccountId, (client) =>
      client.autoAnnotate.sam3Predict(picture, { ...prompt, name: className }),
    )
    return { answer, sx, sy }
  }
}

function askInDataset(
  client: Client,
  dataset: string,
  image: string,
  name: string,
  ask: AssistAsk,
): Promise<Prediction> {
  const target = { dataset, image, name }
  if (ask.kind === 'text')
    return client.autoAnnotate.byText(target, ask.prompt, { output: ask.output })
  if (ask.kind === 'box') return client.autoAnnotate.byBox(target, ask.box)
  const [first, ...positive] = ask.positive
  return client.autoAnnotate.byPoint(target, first, { positive, negative: ask.negative })
}

function promptOf(ask: AssistAsk): Sam3Options {
  if (ask.kind === 'text') return { text: ask.prompt, output: ask.output }
  if (ask.kind === 'box') return { box: ask.box }
  const negative = ask.negative.map((point) => ({ ...point, negative: true }))
  return { points: [...ask.positive, ...negative] }
}
