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
import { newId } from '#shared/model/annotation.ts'
import type { Accounts } from './accounts.ts'

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
}

export type Assistant = ReturnType<typeof assistant>

/**
 * Requests shape proposals from the service; nothing is drawn. An image of a local folder is sent only if the user
 * allowed it for that folder. Throws what the client throws, and a UserError.
 */
export function assistant({ accounts, datasets, images, remotes }: Deps) {
  return async (imageId: string, className: string, ask: AssistAsk): Promise<Proposal> => {
    const image = images.get(imageId)
    const dataset = datasets.get(image.datasetId)
    const facts = remotes.find(imageId)
    const answer =
      dataset.remote && facts
        ? await accounts.run(dataset.remote.accountId, (client) =>
            askInDataset(client, dataset.remote?.remoteId ?? '', facts.remoteId, className, ask),
          )
        : await askAboutFile(join(dataset.root, image.path), dataset, className, ask)
    const annotations = answer.annotations.flatMap((value) => {
      const parsed = fromWireAnnotation(value)
      // The user chooses the class, whatever the prompt said.
      return parsed.ok ? [{ ...parsed.annotation, id: newId(), className }] : []
    })
    const nothing = answer.status === 'below_threshold' ? 'below_threshold' : 'no_detection'
    return {
      status: annotations.length > 0 ? 'success' : nothing,
      annotations,
      score: answer.score,
    }
  }

  function askAboutFile(
    file: string,
    { kind, name, assistAccountId }: StoredDataset,
    className: string,
    ask: AssistAsk,
  ): Promise<Prediction> {
    if (kind === 'remote')
      throw new UserError('gone_there', 'The service does not have this image any more.')
    if (assistAccountId === null)
      throw new UserError(
        'not_allowed',
        `Images of “${name}” may not be sent to the service. Choose the Assist tool again to allow it.`,
      )
    return accounts.run(assistAccountId, (client) =>
      client.autoAnnotate.sam3Predict(file, { ...promptOf(ask), name: className }),
    )
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
