import type { AppCore } from '#core/app-core.ts'
import { diagnostics } from '#core/diagnostics.ts'
import { createFolder, listFolder } from '#core/library/folder-listing.ts'
import { Network } from '#core/network/network.ts'
import { newId } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { accountRouter } from './accounts.ts'
import { annotationRouter } from './annotations.ts'
import { datasetRouter } from './datasets.ts'
import { eventStream } from './event-stream.ts'
import { formatRouter } from './formats.ts'
import { imageRouter } from './images.ts'
import { modelRouter } from './models.ts'
import { os } from './procedure.ts'
import { detectionRouter, proposalRouter } from './proposals.ts'
import { remoteRouter } from './remote.ts'
import { segmentRouter } from './segment.ts'
import { curationRouter, serviceRouter } from './service.ts'
import { commentRouter, syncRouter } from './sync.ts'
import { transferRouter } from './transfers.ts'

/** Setting: the folder that was last chosen in the system's dialog. */
const PICKED_FOLDER = 'picked-folder'

export function createRouter(core: AppCore) {
  const { ports, settings, network, events, library, editing, opening, sync } = core
  const { transfers, stages } = core
  const libraryId = () => {
    const known = settings.remembered('library-id')
    if (typeof known === 'string') return known
    const created = newId()
    settings.remember('library-id', created)
    return created
  }
  /** Each dialog opens at the last choice. */
  const pickFolder = async (title: string, windowId: string | null) => {
    const last = settings.remembered(PICKED_FOLDER)
    const from = typeof last === 'string' ? last : null
    const path = (await ports.pickFolder?.({ title, windowId, from })) ?? null
    if (path !== null) settings.remember(PICKED_FOLDER, path)
    return path
  }
  /** The network route changed, so check at once whether the service is reachable. */
  const reconnect = () => {
    network.forgetRoutes()
    core
      .wake()
      .catch((error: unknown) => ports.log.warn('not reconnected', { error: messageOf(error) }))
  }
  return os.router({
    app: {
      info: os.app.info.handler(({ context: { window } }) => ({
        version: ports.appVersion,
        host: ports.hostName,
        dataDir: ports.dataDir,
        libraryId: libraryId(),
        canPickFolder: ports.pickFolder !== null,
        canReveal: ports.revealFolder !== null,
        windowId: window?.id ?? null,
      })),
      takeOpenTarget: os.app.takeOpenTarget.handler(() => opening.takeTarget()),
      ping: os.app.ping.handler(() => {}),
      describeWindow: os.app.describeWindow.handler(({ input, context: { window } }) =>
        window?.describe(input),
      ),
      newWindow: os.app.newWindow.handler(({ context: { window } }) => window?.openAnother()),
      diagnostics: os.app.diagnostics.handler(() =>
        diagnostics({ ports, library, transfers, accounts: sync.accounts }),
      ),
      logFault: os.app.logFault.handler(({ input }) =>
        // `message` is reserved by the log.
        ports.log.error('a fault of a page', {
          fault: input.message,
          where: input.where,
          stack: input.stack,
        }),
      ),
      update: os.app.update.handler(() => ports.updates?.state ?? { kind: 'off' }),
      changeUpdate: os.app.changeUpdate.handler(({ input: { step } }) => ports.updates?.[step]()),
      events: os.app.events.handler(({ signal }) => eventStream(events, signal)),
    },
    settings: {
      get: os.settings.get.handler(() => settings.read()),
      set: os.settings.set.handler(({ input }) => {
        const isNetwork = Object.keys(input).some((name) => name.startsWith('network'))
        if (isNetwork) Network.check({ ...settings.read(), ...input })
        const written = settings.write(input)
        if (isNetwork) reconnect()
        return written
      }),
    },
    network: {
      describe: os.network.describe.handler(({ input }) => network.describe(new URL(input.url))),
      setLogin: os.network.setLogin.handler(async ({ input }) => {
        await network.setLogin(input.login)
        reconnect()
      }),
    },
    folders: {
      list: os.folders.list.handler(({ input }) => listFolder(input.path)),
      create: os.folders.create.handler(async ({ input }) => ({
        path: await createFolder(input.parent, input.name),
      })),
      pick: os.folders.pick.handler(({ input, context: { window } }) =>
        pickFolder(input.title, window?.id ?? null),
      ),
      reveal: os.folders.reveal.handler(({ input }) => ports.revealFolder?.(input.path)),
    },
    datasets: datasetRouter({ library, editing, opening }),
    images: imageRouter(editing, core.facts),
    annotations: annotationRouter(editing),
    formats: formatRouter(core.formats, ports.log),
    accounts: accountRouter(sync.accounts, core.removeAccount),
    remote: remoteRouter(sync, opening, core.assist),
    sync: syncRouter(sync),
    comments: commentRouter(sync.comments),
    curation: curationRouter(sync.curation),
    service: serviceRouter(sync.service),
    proposals: proposalRouter(core.proposals),
    detection: detectionRouter(core.detection),
    segment: segmentRouter(core.segmenter, core.embeddings, ports.log),
    works: {
      list: os.works.list.handler(() => core.works.list()),
      cancel: os.works.cancel.handler(({ input }) => core.works.cancel(input.id)),
    },
    storage: {
      use: os.storage.use.handler(() => core.storage.use()),
      clear: os.storage.clear.handler(({ input }) => core.storage.clear(input.kind)),
    },
    models: modelRouter(core.models, core.fetchModels),
    transfers: transferRouter({ transfers, stages, remotes: sync.remotes, log: ports.log }),
  })
}
