import { createWriteStream } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeFolder } from '#core/make-folder.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '#core/private-files.ts'
import { SafeNames } from '#core/safe-names.ts'
import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'

const ID = /^[0-9a-f-]{36}$/

/** Staging folders for files streamed from a browser, which has no paths. One per upload. */
export class Stages {
  readonly #root: string
  readonly #names = new Map<string, SafeNames>()

  constructor(root: string) {
    this.#root = root
  }

  async create(): Promise<{ stageId: string; folder: string }> {
    const stageId = newId()
    const folder = this.folder(stageId)
    await makeFolder(folder, PRIVATE_FOLDER)
    this.#names.set(stageId, new SafeNames({ beside: ['.part'] }))
    return { stageId, folder }
  }

  folder(stageId: string): string {
    if (!ID.test(stageId)) throw new UserError('no_stage', 'This staging folder does not exist.')
    return join(this.#root, stageId)
  }

  async remove(stageId: string): Promise<void> {
    this.#names.delete(stageId)
    await rm(this.folder(stageId), { recursive: true, force: true })
  }

  /** Deletes folders of an earlier run that no upload needs. `kept`: folders that are still needed. */
  async sweep(kept: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#root).catch(() => []))
      if (!kept.has(join(this.#root, name)) && !this.#names.has(name))
        await rm(join(this.#root, name), { recursive: true, force: true })
  }

  /**
   * Handles `PUT /stage/<id>/<path>` and returns the local name of the first segment. The body is streamed to disk,
   * never held in memory.
   */
  readonly handle = async (request: Request): Promise<Response> => {
    const [, , stageId = '', ...segments] = new URL(request.url).pathname.split('/')
    const names = this.#names.get(stageId)
    if (request.method !== 'PUT' || !names || !request.body || segments.length === 0)
      return new Response('No such place', { status: 404 })
    const path = names.assign(segments.map(decodeURIComponent).join('/'))
    const target = join(this.folder(stageId), path)
    const part = `${target}.part`
    try {
      await makeFolder(dirname(target), PRIVATE_FOLDER)
      const body = Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0])
      await pipeline(body, createWriteStream(part, { mode: PRIVATE_FILE }))
      await rename(part, target)
      return new Response(encodeURIComponent(path.split('/')[0]), { status: 201 })
    } catch (error) {
      await rm(part, { force: true })
      return new Response(messageOf(error), { status: 507 })
    }
  }
}
