import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelFileRepository } from '#core/cache/label-file-repository.ts'
import { uniqueStems } from '#core/formats/common.ts'
import { labelFilePath } from '#core/formats/label-file-codec.ts'
import type { LabelFiles } from '#shared/model/dataset.ts'

/** Identifies a format and a folder; records of label files belong to one of these. */
export function placeOf({ format, folder }: LabelFiles): string {
  return JSON.stringify([format, folder])
}

interface Places {
  place: string
  fileOf: Map<string, string>
  imageOf: Map<string, string>
}

/** Maps images to label files. An image keeps its file, even if another image with the same stem appears. */
export class LabelFilePlaces {
  readonly #images: ImageRepository
  readonly #records: LabelFileRepository
  readonly #known = new Map<string, Places>()

  constructor(images: ImageRepository, records: LabelFileRepository) {
    this.#images = images
    this.#records = records
  }

  /** Path in the folder of the label files; null if the image is not in the dataset. */
  fileOf(datasetId: string, labelFiles: LabelFiles, imageId: string): string | null {
    return this.#of(datasetId, labelFiles).fileOf.get(imageId) ?? null
  }

  imageOf(datasetId: string, labelFiles: LabelFiles, path: string): string | null {
    return this.#of(datasetId, labelFiles).imageOf.get(path) ?? null
  }

  forget(datasetId: string): void {
    this.#known.delete(datasetId)
  }

  #of(datasetId: string, labelFiles: LabelFiles): Places {
    const place = placeOf(labelFiles)
    const known = this.#known.get(datasetId)
    if (known?.place === place) return known
    const kept = this.#records.paths(datasetId, place)
    const images = this.#images.list(datasetId)
    // Images that already have a file come first, so that no other image takes its stem.
    const ordered = images.toSorted((a, b) => Number(kept.has(b.id)) - Number(kept.has(a.id)))
    const stems = uniqueStems(ordered)
    const fileOf = new Map(
      ordered.map(({ id, path }, index) => [
        id,
        kept.get(id) ?? labelFilePath(labelFiles.format, path, stems[index]),
      ]),
    )
    const imageOf = new Map([...fileOf].map(([id, file]) => [file, id]))
    const places = { place, fileOf, imageOf }
    this.#known.set(datasetId, places)
    return places
  }
}
