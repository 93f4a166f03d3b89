import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '#core/atomic-file.ts'
import { type FolderMark, holdFolder } from '#core/held-folder.ts'
import { isGeneral } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import { eachZipEntry, isArchive, type ZipEntry } from '#core/zip-file.ts'
import { newId } from '#shared/model/annotation.ts'
import type { JobContext } from './job.ts'

/** An export that was started, stored so that it resumes after a restart. */
const begunSchema = z.object({
  id: z.string(),
  etag: z.string().nullable(),
  createdAtMs: z.number(),
})
type Begun = z.infer<typeof begunSchema>

interface ExportRequest {
  /** Absolute path of the temporary archive, in an existing folder. */
  archive: string
  /** Which folder that is. */
  mark: FolderMark
  includeImages: boolean
  /** Export only images of this stage; null: all. */
  stage: string | null
}

const NOTE = '.begun.json'
/** Number of archive files unpacked at a time. */
const PARALLEL = 16
/** Ignore an older export, because the dataset may have changed since. Milliseconds. */
const FRESH_MS = 3_600_000

const readNote = async (file: string): Promise<Begun | null> =>
  begunSchema
    .nullable()
    .catch(null)
    .parse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')))

async function writeNote(archive: string, mark: FolderMark, note: Begun): Promise<void> {
  using held = holdFolder(dirname(archive), mark)
  await replaceFile(held.pathOf(`${basename(archive)}${NOTE}`), JSON.stringify(note))
}

async function takeAway(archive: string): Promise<void> {
  for (const file of [archive, `${archive}.part`, `${archive}${NOTE}`])
    await rm(file, { force: true })
}

/** Deletes the exports on the service whose archives are in this folder. The caller deletes the folder. */
export async function forgetExports(
  { aside, transfer }: JobContext,
  folder: string,
): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((one) => one.endsWith(NOTE))) {
    const begun = await readNote(join(folder, name))
    // Offline, the export stays on the service; do not wait for that.
    if (begun)
      await aside((client) => client.exports.delete(begun.id, transfer.remoteId)).catch(() => {})
  }
}

/** Resumes the export of an earlier run if it still exists and is fresh; otherwise starts a new one. */
async function begin(context: JobContext, request: ExportRequest): Promise<Begun> {
  const { run, transfer, signal, clock } = context
  const { archive, mark, includeImages, stage } = request
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
        // An export name is unique in a dataset, and an earlier try may have used it.
        name: `download ${newId()}`,
        format: 'pictograph',
        includeImages,
        ...(stage !== null && { status: stage }),
      },
      { signal },
    ),
  )
  const created = { id, etag: null, createdAtMs: clock.now() }
  await writeNote(archive, mark, created)
  return created
}

async function fetchArchive(
  { run, fetch, transfer, signal, onBytes, untilItWorks }: JobContext,
  { archive, mark, includeImages }: ExportRequest,
  begun: Begun,
): Promise<void> {
  // Complete from an earlier run, which ended during unpacking.
  if (await isArchive(archive)) return
  let { etag } = begun
  await untilItWorks(async () => {
    const address = await run((client) =>
      client.exports.downloadUrl(begun.id, transfer.remoteId, { signal }),
    )
    const order = { target: archive, mark, mayHavePart: true, expectedBytes: 0, etag, address }
    await fetch({ ...order, holds: 'archive' }, (note) => {
      // Only bytes of images count as progress.
      if ('bytes' in note) return includeImages ? onBytes(note.bytes) : undefined
      etag = note.etag
      // Without it the archive is only fetched again.
      writeNote(archive, mark, { ...begun, etag }).catch(() => {})
    })
  })
}

/**
 * Fetches a whole dataset in few requests: the service packs an archive, which is downloaded (resumed if interrupted)
 * and read file by file, several at a time. Afterwards it is deleted here and on the service, unless it is needed to
 * resume. Throws what the service reports.
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
    // If stopped or offline, keep it to resume; any other error would happen again.
    if (!signal.aborted && !isGeneral(error)) await end()
    throw error
  }
  await end()
}

/** If the plan or role does not allow exports, the files are fetched one by one. Other errors fail the job. */
export async function orOneByOne(
  { signal, log }: JobContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isGeneral(error) || signal.aborted) throw error
    log.warn('export failed', { error: String(error) })
  }
}
