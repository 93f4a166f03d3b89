import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { ExportFormat, NewExport } from '#emulator/schemas.ts'
import { pathOf } from '#emulator/service.ts'
import type { State, StoredDataset } from '#emulator/state.ts'
import type { Storage } from '#emulator/storage.ts'
import { coco, darwin, datumaro, labelme, pictograph } from './json-formats.ts'
import { csv, dota, yolo, yoloObb, yoloPose } from './text-formats.ts'
import type { ExportItem, ExportWriter } from './types.ts'
import { cvat, pascalVoc } from './xml-formats.ts'

const WRITERS: Readonly<Record<ExportFormat, ExportWriter>> = {
  pictograph,
  darwin,
  coco,
  yolo,
  yolo_obb: yoloObb,
  yolo_pose: yoloPose,
  dota,
  pascal_voc: pascalVoc,
  cvat,
  datumaro,
  labelme,
  csv,
}

const SPLIT_FOLDERS: Readonly<Record<string, string>> = {
  train: 'train/',
  val: 'valid/',
  test: 'test/',
}

/** The images of an export with their annotations, without archived images. */
function itemsOf(state: State, dataset: StoredDataset, options: NewExport): ExportItem[] {
  const classes = options.class_filter && new Set(options.class_filter)
  return state
    .images(dataset.id)
    .filter(
      ({ is_archived, status }) =>
        // The filter is compared literally: 'all' is not a stage.
        !is_archived && (options.status_filter == null || status === options.status_filter),
    )
    .map((image) => ({
      image,
      path: pathOf(image),
      folder: options.organize_by_split ? SPLIT_FOLDERS[image.split ?? 'train'] : '',
      annotations: state.annotations(image.id).filter(({ name }) => !classes || classes.has(name)),
    }))
}

/** Writes an export as a ZIP to `file`; returns its counts. */
export async function writeExport(
  { state, storage }: { state: State; storage: Storage },
  dataset: StoredDataset,
  options: NewExport,
  file: string,
): Promise<{ image_count: number; annotation_count: number }> {
  const items = itemsOf(state, dataset, options)
  const { imageFolder, files } = WRITERS[options.format]
  const zip = new ZipFile()
  // Small files: compressing them would cost more than it saves.
  const plain = { compress: false }
  for (const { path, text } of files(items, dataset)) zip.addBuffer(Buffer.from(text), path, plain)
  if (options.include_images)
    for (const { image, folder, path } of items)
      zip.addBuffer(await storage.bytes(image.object), folder + imageFolder + path, plain)
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(file))
  return {
    image_count: items.length,
    annotation_count: items.reduce((sum, { annotations }) => sum + annotations.length, 0),
  }
}
