import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelFileRepository } from '#core/cache/label-file-repository.ts'
import { uniqueStems } from '#core/formats/common.ts'
import { labelFilePath } from '#core/formats/label-file-codec.ts'
import type { LabelFiles } from '#shared/model/dataset.ts'

/** Names a format and a folder: what we know of label files holds for one of them. */
export function placeOf({ format, folder }: LabelFiles): string {
  return JSON.stringify([format, folder])
}

interface Places {
  place: string
  fileOf: Map<string, string>
  imageOf: Map<string, string>
}

/**
 * Which label file belongs to which image. An image keeps the file that it once had, also when another
 * image of the same stem comes along.
 */
export class LabelFilePlaces {
  readonly #images: ImageRepository
  readonly #records: LabelFileRepository
  readonly #known = new Map<string, Places>()

  constructor(images: ImageRepository, records: LabelFileRepository) {
    this.#images = images
    this.#records = records
  }

  /** Below the folder of the label files; null when the image is not of the dataset. */
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
    // Those that have a file come first, so that nobody takes its stem from them.
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
