import { fromWireAnnotation } from '#core/api/wire-annotation.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
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

/** Asks the service to find shapes; what it answers is a proposal, drawn nowhere. Throws what the client throws. */
export function assistant({ accounts, datasets, images, remotes }: Deps) {
  return async (imageId: string, className: string, ask: AssistAsk): Promise<Proposal> => {
    const { remote } = datasets.get(images.get(imageId).datasetId)
    const facts = remotes.find(imageId)
    if (!remote || !facts)
      throw new UserError(
        'not_remote',
        'Assisted labelling is done by the service: it works in datasets of an account.',
      )
    const target = { dataset: remote.remoteId, image: facts.remoteId, name: className }
    const answer = await accounts.run(remote.accountId, (client) => {
      if (ask.kind === 'text')
        return client.autoAnnotate.byText(target, ask.prompt, { output: ask.output })
      if (ask.kind === 'box') return client.autoAnnotate.byBox(target, ask.box)
      const [first, ...positive] = ask.positive
      return client.autoAnnotate.byPoint(target, first, { positive, negative: ask.negative })
    })
    const annotations = answer.annotations.flatMap((value) => {
      const parsed = fromWireAnnotation(value)
      // The class is the person's choice, whatever the prompt was called.
      return parsed.ok ? [{ ...parsed.annotation, id: newId(), className }] : []
    })
    const nothing = answer.status === 'below_threshold' ? 'below_threshold' : 'no_detection'
    return {
      status: annotations.length > 0 ? 'success' : nothing,
      annotations,
      score: answer.score,
    }
  }
}
