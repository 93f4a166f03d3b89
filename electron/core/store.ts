import { openLibrary } from './cache/database.ts'
import { DatasetRepository } from './cache/dataset-repository.ts'
import { EditStore } from './cache/edit-store.ts'
import { ImageRepository } from './cache/image-repository.ts'
import { LabelExtraRepository } from './cache/label-extra-repository.ts'
import { SettingRepository } from './cache/setting-repository.ts'
import { renameInExtra } from './formats/class-extra.ts'

export type Store = ReturnType<typeof openStore>

/**
 * The database and the repositories that several features share; each feature creates its own ones. Throws a
 * UserError if the data folder cannot be used.
 */
export function openStore(dataDir: string, firstImages?: number) {
  const opened = openLibrary(dataDir)
  const { db } = opened
  const datasets = new DatasetRepository(db)
  const labelExtras = new LabelExtraRepository(db)
  const onRename = (datasetId: string, from: string, to: string) =>
    labelExtras.changeDataset(datasetId, (extra) => renameInExtra(extra, from, to))
  return {
    db,
    /** The library was damaged: what the person is to know; null: it was whole. */
    restored: opened.restored,
    datasets,
    images: new ImageRepository(db),
    edits: new EditStore(db, datasets, firstImages, onRename),
    settings: new SettingRepository(db),
    labelExtras,
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  }
}
