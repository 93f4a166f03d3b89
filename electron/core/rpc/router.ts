import type { AppCore } from '#core/app-core.ts'
import { diagnostics } from '#core/diagnostics.ts'
import { createFolder, listFolder } from '#core/library/folder-listing.ts'
import { newId } from '#shared/model/annotation.ts'
import { accountRouter } from './accounts.ts'
import { annotationRouter } from './annotations.ts'
import { datasetRouter } from './datasets.ts'
import { formatRouter } from './formats.ts'
import { imageRouter } from './images.ts'
import { os } from './procedure.ts'
import { remoteRouter } from './remote.ts'
import { commentRouter, syncRouter } from './sync.ts'
import { transferRouter } from './transfers.ts'

/** Setting: the folder that was chosen last in the system's dialog. */
const PICKED_FOLDER = 'picked-folder'

export function createRouter(core: AppCore) {
  const { ports, settings, events } = core
  const libraryId = () => {
    const known = settings.get('library-id')
    if (typeof known === 'string') return known
    const created = newId()
    settings.set('library-id', created)
    return created
  }
  /** Each choice begins where the last one was made. */
  const pickFolder = async (title: string, windowId: string | null) => {
    const last = settings.get(PICKED_FOLDER)
    const from = typeof last === 'string' ? last : null
    const path = (await ports.pickFolder?.({ title, windowId, from })) ?? null
    if (path !== null) settings.set(PICKED_FOLDER, path)
    return path
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
      takeOpenTarget: os.app.takeOpenTarget.handler(() => core.takeOpenTarget()),
      ping: os.app.ping.handler(() => {}),
      describeWindow: os.app.describeWindow.handler(({ input, context: { window } }) =>
        window?.describe(input),
      ),
      newWindow: os.app.newWindow.handler(({ context: { window } }) => window?.openAnother()),
      diagnostics: os.app.diagnostics.handler(() => diagnostics(core)),
      update: os.app.update.handler(() => ports.updates?.state ?? { kind: 'off' }),
      changeUpdate: os.app.changeUpdate.handler(({ input: { step } }) => ports.updates?.[step]()),
      events: os.app.events.handler(({ signal }) => events.stream(signal)),
    },
    settings: {
      get: os.settings.get.handler(() => core.readSettings()),
      set: os.settings.set.handler(({ input }) => {
        return core.writeSettings(input)
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
    datasets: datasetRouter(core),
    images: imageRouter(core),
    annotations: annotationRouter(core),
    formats: formatRouter(core),
    accounts: accountRouter(core),
    remote: remoteRouter(core),
    sync: syncRouter(core),
    comments: commentRouter(core),
    transfers: transferRouter(core),
  })
}
