import { z } from 'zod'
import type { Db } from './database.ts'
import { storedAs } from './stored-json.ts'

type Json = z.infer<ReturnType<typeof z.json>>
type JsonObject = { [key: string]: Json }
/** By the families of formats (formats/types.ts). */
type Extra = JsonObject

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Not copied, as `z.json` would: a copy has no key `__proto__`. The column holds JSON, so the values are. */
const extraSchema = z.custom<Extra>(isObject)

export interface ImageExtra {
  extra: Extra
  /** A label file spoke of the image. */
  isLabelled: boolean
}

/** Of two objects the keys of both, with those of `added` first. */
function merged(before: Json | undefined, added: Json, depth: number): Json {
  if (depth === 0 || !isObject(before) || !isObject(added)) return added
  const own = (key: string) => (Object.hasOwn(before, key) ? before[key] : undefined)
  const entries = Object.entries(added).map(([key, value]): [string, Json] => [
    key,
    merged(own(key), value, depth - 1),
  ])
  return { ...before, ...Object.fromEntries(entries) }
}

/** Families, their keys, and the keys of lists such as the categories of COCO. */
const MERGED_LEVELS = 3

/** The picture that labelme keeps in its files is in the folder as well. */
function withoutPicture(extra: Extra): Extra {
  const { labelme } = extra
  if (!isObject(labelme) || labelme.imageData === undefined) return extra
  const { imageData: _picture, ...others } = labelme
  return { ...extra, labelme: others }
}

/** What label files said of images and datasets, beside annotations, and the model has no field for. */
export class LabelExtraRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  ofDataset(datasetId: string): Extra {
    const row = this.#db
      .prepare<[string], { extra: string }>('SELECT extra FROM dataset_extra WHERE dataset_id = ?')
      .get(datasetId)
    return storedAs(row?.extra ?? null, extraSchema, {})
  }

  addToDataset(datasetId: string, extra: Extra): void {
    const whole = merged(this.ofDataset(datasetId), extra, MERGED_LEVELS)
    this.#setDataset(datasetId, isObject(whole) ? whole : extra)
  }

  /** Changes what is stored of a dataset, if there is something. */
  changeDataset(datasetId: string, change: (extra: Extra) => Extra): void {
    const before = this.ofDataset(datasetId)
    if (Object.keys(before).length > 0) this.#setDataset(datasetId, change(before))
  }

  #setDataset(datasetId: string, extra: Extra): void {
    this.#db
      .prepare(
        `INSERT INTO dataset_extra (dataset_id, extra) VALUES (?, ?)
         ON CONFLICT (dataset_id) DO UPDATE SET extra = excluded.extra`,
      )
      .run(datasetId, JSON.stringify(extra))
  }

  ofImage(imageId: string): ImageExtra {
    const row = this.#db
      .prepare<[string], { extra: string; is_labelled: number }>(
        'SELECT extra, is_labelled FROM image_extra WHERE image_id = ?',
      )
      .get(imageId)
    return {
      extra: storedAs(row?.extra ?? null, extraSchema, {}),
      isLabelled: row?.is_labelled === 1,
    }
  }

  addToImage(imageId: string, { extra, isLabelled }: ImageExtra): void {
    const before = this.ofImage(imageId)
    const whole = merged(before.extra, withoutPicture(extra), 1)
    this.#db
      .prepare(
        `INSERT INTO image_extra (image_id, extra, is_labelled) VALUES (?, ?, ?)
         ON CONFLICT (image_id) DO UPDATE SET extra = excluded.extra, is_labelled = excluded.is_labelled`,
      )
      .run(imageId, JSON.stringify(whole), isLabelled || before.isLabelled ? 1 : 0)
  }
}
