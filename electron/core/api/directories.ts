import { z } from 'zod'
import { type CallOptions, type Http, imagePath, segment } from './http.ts'
import { directorySchema } from './schemas.ts'
import { rows } from './tolerant.ts'

/** Directories of a dataset. All methods throw a PictographError. */
export class Directories {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** All directories as a flat list; with `parentPath` its direct children, `''` for the top level. */
  list(dataset: string, { parentPath, ...call }: CallOptions & { parentPath?: string } = {}) {
    const query = { parent_path: parentPath }
    const path = `/directories/${segment(dataset)}`
    return this.#http.json(rows(directorySchema), 'GET', path, { ...call, query })
  }

  tree(dataset: string, call: CallOptions = {}) {
    const path = `/directories/${segment(dataset)}/tree`
    return this.#http.json(rows(directorySchema), 'GET', path, call)
  }

  /** Creates missing parents, too; an existing directory is not an error. */
  async create(dataset: string, directoryPath: string, call: CallOptions = {}): Promise<void> {
    const body = { dataset, directory_path: directoryPath }
    await this.#http.json(z.unknown(), 'POST', '/directories/', { ...call, body })
  }

  async rename(
    dataset: string,
    path: string,
    newName: string,
    call: CallOptions = {},
  ): Promise<void> {
    const route = `/directories/${segment(dataset)}/${imagePath(path)}/rename`
    await this.#http.json(z.unknown(), 'PATCH', route, { ...call, body: { new_name: newName } })
  }

  /** `cascade`: also a directory with images; the service moves them to its parent. */
  async delete(
    dataset: string,
    path: string,
    { cascade = false, ...call }: CallOptions & { cascade?: boolean } = {},
  ): Promise<void> {
    const route = `/directories/${segment(dataset)}/${imagePath(path)}`
    await this.#http.json(z.unknown(), 'DELETE', route, { ...call, query: { cascade } })
  }
}
