import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Clock } from '#core/api/retry.ts'
import { createAppCore } from '#core/app-core.ts'
import type { Outcome } from '#core/cache/edit-store.ts'
import type { Ports } from '#core/ports.ts'
import { startForked } from '#hosts/host-node/forked-process.ts'
import { fileSecrets } from '#hosts/host-node/node-ports.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'

/** A temporary subfolder, deleted at the end of the `using` scope. */
export function temporaryFolder(below = tmpdir()): { path: string } & Disposable {
  const path = mkdtempSync(join(below, 'pictograph-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function testPorts(dataDir: string): Ports {
  const silent = () => {}
  return {
    hostName: 'node',
    appVersion: '0.0.0',
    dataDir,
    resourcesDir: join(import.meta.dirname, '../../resources'),
    log: { info: silent, warn: silent, error: silent },
    secrets: fileSecrets(dataDir),
    pickFolder: null,
    resolveProxy: null,
    revealFolder: null,
    updates: null,
    startProcess: startForked,
  }
}

export type TestCore = ReturnType<typeof openCore>

/** A core whose parts tests can access directly, unlike a router. */
export function openCore(...given: Parameters<typeof createAppCore>) {
  const core = createAppCore(...given)
  const { library, opening, editing, sync, formats, coreEvents } = core
  return {
    ...sync,
    ...core.store,
    ...core,
    imports: formats.imports,
    labelFiles: library.labelFiles,
    look: async (imageId: string) => void (await editing.open(imageId)),
    openFolder: (path: string) => opening.openFolder(path),
    openDataset: (id: string) => opening.openDataset(id),
    forgetDataset: (id: string) => opening.forget(id),
    setLabelFiles: (...wanted: Parameters<typeof library.setLabelFiles>) =>
      library.setLabelFiles(...wanted),
    /** The consequences of an edit that a test commits directly. */
    publish: (outcome: Outcome) => coreEvents.publish({ type: 'edited', outcome, by: 'person' }),
  }
}

/** An image file of one colour. */
export async function writeImage(file: string, width = 40, height = 30): Promise<void> {
  await sharp({ create: { width, height, channels: 3, background: '#808080' } }).toFile(file)
}

/** A core with a temporary data folder, on a folder with the given images. */
export async function coreWithImages(names: readonly string[], { clock }: { clock?: Clock } = {}) {
  const data = temporaryFolder()
  const images = temporaryFolder()
  await Promise.all(names.map((name) => writeImage(join(images.path, name))))
  const core = openCore(testPorts(data.path), null, { clock })
  const dataset = await core.openFolder(images.path)
  await core.library.settled(dataset.id)
  return {
    core,
    datasetId: dataset.id,
    folder: images.path,
    dataDir: data.path,
    list: () => core.images.list(dataset.id),
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      data[Symbol.dispose]()
      images[Symbol.dispose]()
    },
  }
}

export const aBox = (className = 'car', x = 5) =>
  newAnnotation({ kind: 'bbox', x, y: 5, w: 10, h: 8 }, className)

let commits = 0

/** Draws one annotation on an image. */
export function draw(
  core: Pick<TestCore, 'edits' | 'publish'>,
  imageId: string,
  annotation = aBox(),
) {
  const outcome = core.edits.commit({
    commitId: `test-${commits++}`,
    imageId,
    changes: { ...EMPTY_CHANGE_SET, created: [annotation] },
    label: 'Draw',
    origin: 'user',
  })
  core.publish(outcome)
  return annotation
}
