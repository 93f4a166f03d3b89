import { z } from 'zod'
import type { CallOptions, Http } from './http.ts'
import { wireFields } from './options.ts'
import { batchResultSchema, copiedSchema, data } from './schemas.ts'
import { confirmedBy, count } from './tolerant.ts'

const SHARES = { train: 'train', val: 'val', test: 'test', seed: 'seed', mode: 'split_mode' }
const UPDATES = { status: 'status', displayName: 'display_name', isArchived: 'is_archived' }

/** Operations on many images of a dataset by id. All methods throw a PictographError. */
export class ImageBatches {
  protected readonly http: Http

  constructor(http: Http) {
    this.http = http
  }

  /** Adds or removes tags. Returns the number of changed images. */
  async bulkTag(
    dataset: string,
    imageIds: readonly string[],
    tags: readonly string[],
    add: boolean,
    call: CallOptions = {},
  ): Promise<number> {
    const body = { dataset, image_ids: imageIds, tags, add }
    const schema = data(confirmedBy(['processed', 'added', 'tags'], z.object({ processed: count })))
    const answer = await this.http.json(schema, 'POST', '/images/bulk-tag', { ...call, body })
    return answer.data.processed
  }

  async assignSplits(
    dataset: string,
    shares: {
      train: number
      val: number
      test: number
      seed?: number
      mode?: 'random' | 'embedding'
    },
    call: CallOptions = {},
  ) {
    const body = {
      dataset,
      seed: 42,
      split_mode: 'random',
      ...wireFields('images.assignSplits', shares, SHARES),
    }
    const counts = z.object({ processed: count, train: count, val: count, test: count })
    const schema = data(confirmedBy(['processed', 'train', 'val', 'test'], counts))
    return (await this.http.json(schema, 'POST', '/images/assign-splits', { ...call, body })).data
  }

  /** Sets stage, display name or archived of at most 10,000 images. */
  updateMany(
    dataset: string,
    imageIds: readonly string[],
    updates: { status?: string; displayName?: string; isArchived?: boolean },
    call: CallOptions = {},
  ) {
    return this.#batch('PATCH', 'update', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      updates: wireFields('images.updateMany', updates, UPDATES),
    })
  }

  moveMany(
    dataset: string,
    imageIds: readonly string[],
    directoryPath: string,
    call: CallOptions = {},
  ) {
    return this.#batch('POST', 'move', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      target_directory_path: directoryPath,
    })
  }

  copyMany(
    dataset: string,
    imageIds: readonly string[],
    directoryPath: string,
    options: CallOptions & {
      duplicates?: 'rename' | 'skip' | 'overwrite'
      copyAnnotations?: boolean
    } = {},
  ) {
    const { duplicates = 'rename', copyAnnotations = true, ...call } = options
    return this.#batch('POST', 'copy', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      target_directory_path: directoryPath,
      duplicate_handling: duplicates,
      copy_annotations: copyAnnotations,
    })
  }

  /**
   * Copies to another dataset with annotations, tags, split and stage; `classes_added` names the classes that it
   * lacked. `directoryPath`: the target, `/` or `/a/b`.
   */
  copyToDataset(
    dataset: string,
    imageIds: readonly string[],
    target: string,
    { directoryPath = '/', ...call }: CallOptions & { directoryPath?: string } = {},
  ) {
    const body = {
      dataset_name: dataset,
      image_ids: imageIds,
      target_dataset_name: target,
      target_directory_path: directoryPath,
    }
    const path = '/batch/images/copy-to-dataset'
    return this.http.json(copiedSchema, 'POST', path, { ...call, body })
  }

  deleteMany(
    dataset: string,
    imageIds: readonly string[],
    { permanent = false, ...call }: CallOptions & { permanent?: boolean } = {},
  ) {
    return this.#batch('POST', 'delete', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      permanent,
    })
  }

  #batch(method: 'POST' | 'PATCH', verb: string, call: CallOptions, body: Record<string, unknown>) {
    const path = `/batch/images/${verb}`
    return this.http.json(batchResultSchema, method, path, { ...call, body })
  }
}
