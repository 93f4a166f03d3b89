import { readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { getStorage } from '#core/api/client.ts'
import { writeFileAtomic } from '#core/atomic-file.ts'
import { makeFolder } from '#core/make-folder.ts'
import { UserError } from '#core/user-error.ts'
import { type ZipEntry, zipEntries } from '#core/zip-file.ts'
import { fetchFile } from './fetch-file.ts'
import type { JobContext } from './job.ts'

/** What is known of an export that was begun, so that it is gone on with after the app ended. */
const begunSchema = z.object({ id: z.string(), etag: z.string().nullable() })

interface ExportRequest {
  /** Where its archive lies for as long as it is needed; absolute. */
  archive: string
  includeImages: boolean
  /** Only images of these stages; null: all. */
  stages: readonly string[] | null
}

/** An archive that was cut off has no directory at its end. */
async function isArchive(file: string): Promise<boolean> {
  try {
    for await (const _entry of zipEntries(file)) break
    return true
  } catch {
    return false
  }
}

/**
 * All of a dataset in a handful of requests: the service packs an archive, which is fetched, continued where it
 * was cut off, and read file by file. Nothing of it stays, here or there. Throws what the service says.
 */
export async function eachOfExport(
  context: JobContext,
  { archive, includeImages, stages }: ExportRequest,
  onFile: (entry: ZipEntry) => Promise<void>,
): Promise<void> {
  const { run, aside, transfer, signal, onBytes, untilItWorks, isGeneral } = context
  const note = `${archive}.begun.json`
  await makeFolder(dirname(archive))
  const begun = begunSchema
    .nullable()
    .catch(null)
    .parse(JSON.parse(await readFile(note, 'utf8').catch(() => 'null')))
  const create = async () => {
    const created = await run((client) =>
      client.exports.create(
        transfer.remoteId,
        {
          name: `download ${transfer.id}`,
          format: 'pictograph',
          includeImages,
          ...(stages && { statuses: stages }),
        },
        { signal },
      ),
    )
    await writeFileAtomic(note, JSON.stringify({ id: created.id, etag: null }))
    return { id: created.id, etag: null }
  }
  /** Of an export that is no longer there nothing can be gone on with. */
  const known = begun
    ? await run((client) => client.exports.get(begun.id, transfer.remoteId, { signal })).then(
        () => begun,
        (error: unknown) => {
          if (isGeneral(error) || signal.aborted) throw error
          return null
        },
      )
    : null
  const { id, etag: firstEtag } = known ?? (await create())
  const state = await run((client) => client.exports.finished(id, transfer.remoteId, { signal }))
  if (state.status !== 'completed') {
    await rm(note, { force: true })
    throw new UserError('export_failed', state.error_message ?? 'The export failed')
  }
  let etag = firstEtag
  await untilItWorks(async () => {
    const address = await run((client) =>
      client.exports.downloadUrl(id, transfer.remoteId, { signal }),
    )
    await fetchFile({
      target: archive,
      mayHavePart: true,
      expectedBytes: 0,
      etag,
      open: (fromByte, known_) =>
        aside((client) =>
          getStorage(client.http.dispatcher, address, { signal, fromByte, etag: known_ }),
        ),
      isWhole: isArchive,
      // What comes for the images counts; what comes for labels is beside them.
      onBytes: includeImages ? onBytes : () => {},
      onEtag: (next) => {
        etag = next
        void writeFileAtomic(note, JSON.stringify({ id, etag: next })).catch(() => {})
      },
      signal,
    })
  })
  for await (const entry of zipEntries(archive)) {
    signal.throwIfAborted()
    await onFile(entry)
  }
  await rm(archive, { force: true })
  await rm(note, { force: true })
  await run((client) => client.exports.delete(id, transfer.remoteId)).catch(() => {})
}
