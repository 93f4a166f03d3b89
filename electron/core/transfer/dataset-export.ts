import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '#core/atomic-file.ts'
import { isGeneral } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import { eachZipEntry, isArchive, type ZipEntry } from '#core/zip-file.ts'
import { newId } from '#shared/model/annotation.ts'
import type { JobContext } from './job.ts'

/** An export that was begun, so that it is gone on with after the app ended. */
const begunSchema = z.object({
  id: z.string(),
  etag: z.string().nullable(),
  createdAtMs: z.number(),
})
type Begun = z.infer<typeof begunSchema>

interface ExportRequest {
  /** Where its archive lies for as long as it is needed; absolute, in a folder that is there. */
  archive: string
  includeImages: boolean
  /** Only images of this stage; null: all. */
  stage: string | null
}

const NOTE = '.begun.json'
/** Files of an archive that are unpacked at a time. */
const PARALLEL = 16
/** An older export is of a dataset that may be another by now. Milliseconds. */
const FRESH_MS = 3_600_000

const readNote = async (file: string): Promise<Begun | null> =>
  begunSchema
    .nullable()
    .catch(null)
    .parse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')))

async function takeAway(archive: string): Promise<void> {
  for (const file of [archive, `${archive}.part`, `${archive}${NOTE}`])
    await rm(file, { force: true })
}

/** Deletes the exports that were begun with archives in a folder, on the service; the folder itself goes with its owner. */
export async function forgetExports(
  { aside, transfer }: JobContext,
  folder: string,
): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((one) => one.endsWith(NOTE))) {
    const begun = await readNote(join(folder, name))
    // Without a network it stays there: nobody waits for that.
    if (begun)
      await aside((client) => client.exports.delete(begun.id, transfer.remoteId)).catch(() => {})
  }
}

/** The export of an earlier run of the app, if it is still there and not too old; else a new one. */
async function begin(context: JobContext, request: ExportRequest): Promise<Begun> {
  const { run, transfer, signal, clock } = context
  const { archive, includeImages, stage } = request
  const begun = await readNote(`${archive}${NOTE}`)
  if (begun) {
    const isThere = await run((client) =>
      client.exports.get(begun.id, transfer.remoteId, { signal }),
    ).then(
      ({ status }) => status !== 'failed',
      (error: unknown) => {
        if (isGeneral(error) || signal.aborted) throw error
        return false
      },
    )
    if (isThere && clock.now() - begun.createdAtMs < FRESH_MS) return begun
    await takeAway(archive)
  }
  const { id } = await run((client) =>
    client.exports.create(
      transfer.remoteId,
      {
        // A name is taken once in a dataset: by an earlier try, too.
        name: `download ${newId()}`,
        format: 'pictograph',
        includeImages,
        ...(stage !== null && { status: stage }),
      },
      { signal },
    ),
  )
  const created = { id, etag: null, createdAtMs: clock.now() }
  await replaceFile(`${archive}${NOTE}`, JSON.stringify(created))
  return created
}

async function fetchArchive(
  { run, fetch, transfer, signal, onBytes, untilItWorks }: JobContext,
  { archive, includeImages }: ExportRequest,
  begun: Begun,
): Promise<void> {
  // Whole from an earlier run, which ended while it was unpacked.
  if (await isArchive(archive)) return
  let { etag } = begun
  await untilItWorks(async () => {
    const address = await run((client) =>
      client.exports.downloadUrl(begun.id, transfer.remoteId, { signal }),
    )
    const order = { target: archive, mayHavePart: true, expectedBytes: 0, etag, address }
    await fetch({ ...order, holds: 'archive' }, (note) => {
      // What comes for the images counts; what comes for labels is beside them.
      if ('bytes' in note) return includeImages ? onBytes(note.bytes) : undefined
      etag = note.etag
      const text = JSON.stringify({ ...begun, etag })
      void replaceFile(`${archive}${NOTE}`, text).catch(() => {})
    })
  })
}

/**
 * All of a dataset in a handful of requests: the service packs an archive, which is fetched, continued where it
 * was cut off, and read file by file, several at a time. Nothing of it stays, here or there, but what is to be gone
 * on with. Throws what the service says.
 */
export async function eachOfExport(
  context: JobContext,
  request: ExportRequest,
  onFile: (entry: ZipEntry) => Promise<void>,
): Promise<void> {
  const { run, transfer, signal } = context
  const { archive } = request
  const begun = await begin(context, request)
  const end = async () => {
    await takeAway(archive)
    await run((client) => client.exports.delete(begun.id, transfer.remoteId)).catch(() => {})
  }
  try {
    const state = await run((client) =>
      client.exports.finished(begun.id, transfer.remoteId, { signal }),
    )
    if (state.status !== 'completed')
      throw new UserError('export_failed', state.error_message ?? 'The export failed')
    await fetchArchive(context, request, begun)
    await eachZipEntry(archive, PARALLEL, async (entry) => {
      signal.throwIfAborted()
      await onFile(entry)
    })
  } catch (error) {
    // Stopped, or without a network, it is gone on with; anything else would meet it again.
    if (!signal.aborted && !isGeneral(error)) await end()
    throw error
  }
  await end()
}

/** What a plan or a role without exports does not give comes one by one afterwards; other faults are the job's. */
export async function orOneByOne(
  { signal, log }: JobContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isGeneral(error) || signal.aborted) throw error
    log.warn('no export', { error: String(error) })
  }
}
