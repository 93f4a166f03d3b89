import type { FetchModels } from '#core/assist/fetch-models.ts'
import type { Models, StoredModel } from '#core/assist/models.ts'
import type { AssistModel } from '#shared/model/assist-model.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { os } from './procedure.ts'

/** Paths and tensors are not sent to the page. */
const shown = ({ file: _file, facts: _facts, ...model }: StoredModel): AssistModel => model

export function modelRouter(models: Models, fetching: FetchModels) {
  return {
    list: os.models.list.handler(async () => ({
      folder: models.folder,
      models: (await models.list()).map(shown),
      engines: await models.engines(),
      fetching: fetching.running,
    })),
    add: os.models.add.handler(async ({ input }) => {
      const added: AssistModel[] = []
      const problems: string[] = []
      for (const path of input.paths)
        await models.add(path).then(
          (model) => added.push(shown(model)),
          (error: unknown) => problems.push(messageOf(error)),
        )
      return { added, problems }
    }),
    remove: os.models.remove.handler(({ input }) => models.remove(input.id)),
    ofService: os.models.ofService.handler(({ input }) => fetching.ofService(input.accountId)),
    fetchFromService: os.models.fetchFromService.handler(async ({ input }) =>
      shown(await fetching.fromService(input.accountId, input.modelId)),
    ),
    catalogue: os.models.catalogue.handler(({ input }) => fetching.readCatalogue(input.path)),
    fetchFromCatalogue: os.models.fetchFromCatalogue.handler(async ({ input }) =>
      shown(await fetching.fromCatalogue(input)),
    ),
    cancelFetch: os.models.cancelFetch.handler(({ input }) => fetching.cancel(input.name)),
  }
}
