import type { StoredAnnotation } from '#emulator/schemas.ts'
import type { StoredDataset, StoredImage } from '#emulator/state.ts'

export interface ExportItem {
  image: StoredImage
  /** Directory and name in the dataset. */
  path: string
  /** The folder of its split: `train/`, or empty if splits are not requested. */
  folder: string
  annotations: readonly StoredAnnotation[]
}

export interface ExportFile {
  path: string
  text: string
}

export interface ExportWriter {
  /** The folder of images below the folder of their split. */
  imageFolder: string
  files: (items: readonly ExportItem[], dataset: StoredDataset) => Iterable<ExportFile>
}

/** Class names in the dataset's order, then those that only annotations have. */
export function classNames(dataset: StoredDataset, items: readonly ExportItem[]): string[] {
  const used = items.flatMap(({ annotations }) => annotations.map(({ name }) => name))
  return [...new Set([...dataset.classes.map(({ name }) => name), ...used])]
}

/** A path with another extension. */
export const withEnding = (path: string, ending: string): string =>
  path.replace(/\.[^./]+$/, '') + ending

/** A format with one file per image. */
export const eachImage = (
  imageFolder: string,
  pathOf: (item: ExportItem) => string,
  text: (item: ExportItem, dataset: StoredDataset) => string,
): ExportWriter => ({
  imageFolder,
  files: (items, dataset) =>
    items.map((item) => ({ path: item.folder + pathOf(item), text: text(item, dataset) })),
})

/** Items by the folder of their split. */
export const byFolder = (items: readonly ExportItem[]): [string, ExportItem[]][] =>
  items.length === 0 ? [['', []]] : [...Map.groupBy(items, ({ folder }) => folder)]
