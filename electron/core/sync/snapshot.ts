import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { type Client, getStorage } from '#core/api/client.ts'
import { fromWireAnnotation } from '#core/api/wire-annotation.ts'
import { makeFolder } from '#core/make-folder.ts'
import { zipEntries } from '#core/zip-file.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'

const fileSchema = z.object({ annotations: z.array(z.looseObject({ id: z.string().min(1) })) })

/** The annotations of one file of an export; null when it is not to be relied on (no ids, or not readable). */
function annotationsOf(text: string): Annotation[] | null {
  try {
    const { annotations } = fileSchema.parse(JSON.parse(text))
    return annotations.map((value) => {
      const parsed = fromWireAnnotation(value)
      if (!parsed.ok) throw new Error(parsed.message)
      return parsed.annotation
    })
  } catch {
    return null
  }
}

/**
 * The labels of a whole dataset in a handful of requests, by image path: an export in the service's own form.
 * Images that it does not speak of clearly are left out. `file`: where the archive may lie meanwhile.
 */
export async function readSnapshot(
  client: Client,
  dataset: string,
  file: string,
  signal: AbortSignal,
): Promise<Map<string, Annotation[]>> {
  const made = await client.exports.create(
    dataset,
    { name: `sync ${newId()}`, format: 'pictograph', includeImages: false },
    { signal },
  )
  try {
    const { status } = await client.exports.finished(made.id, dataset, { signal })
    if (status !== 'completed') return new Map()
    const address = await client.exports.downloadUrl(made.id, dataset, { signal })
    const { body } = await getStorage(client.http.dispatcher, address, { signal })
    await makeFolder(dirname(file))
    await pipeline(body, createWriteStream(file), { signal })
    const labels = new Map<string, Annotation[]>()
    for await (const entry of zipEntries(file)) {
      if (!entry.name.endsWith('.json')) continue
      const annotations = annotationsOf((await entry.bytes()).toString('utf8'))
      if (annotations) labels.set(entry.name.slice(0, -'.json'.length), annotations)
    }
    return labels
  } finally {
    await rm(file, { force: true })
    await client.exports.delete(made.id, dataset).catch(() => {})
  }
}
