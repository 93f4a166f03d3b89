import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '#core/cache/database.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'

type Said =
  | { kind: 'ready'; imageId: string }
  | { kind: 'drawn'; annotation: Annotation }
  | { kind: 'draft'; points: number }
  | { kind: 'undone'; id: string }

/** Runs one session and kills it `afterMs` milliseconds after it was ready. Returns what had been acknowledged. */
async function killedSession(dataDir: string, imagesDir: string, afterMs: number): Promise<Said[]> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'editing-child.ts'), dataDir, imagesDir],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const said: Said[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(JSON.parse(line) as Said)
    if (said.length === 1) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  if (said.length === 0) throw new Error(`The session did not start: ${errors}`)
  return said
}

/** The database's contents after a kill; throws if it is damaged. */
function inspect(dataDir: string, imageId: string) {
  const db = new Database(join(dataDir, DATABASE_FILE))
  try {
    const check = db.pragma('integrity_check', { simple: true })
    if (check !== 'ok') throw new Error(`integrity_check: ${check}`)
    const rows = db
      .prepare<[string], { data: string }>('SELECT data FROM annotation WHERE image_id = ?')
      .all(imageId)
    const draft = db
      .prepare<[string], { drafts: string | null }>(
        'SELECT drafts FROM image_state WHERE image_id = ?',
      )
      .get(imageId)?.drafts
    return {
      annotations: new Map(
        rows.map(({ data }) => {
          const annotation = JSON.parse(data) as Annotation
          return [annotation.id, annotation]
        }),
      ),
      draftPoints: draft
        ? (JSON.parse(draft) as { polygon: { points: unknown[] } }).polygon.points.length
        : 0,
    }
  } finally {
    db.close()
  }
}

/** Kills an editing session `kills` times, and checks after each that everything acknowledged is there. */
export async function killAgainAndAgain(
  kills: number,
  random: () => number,
): Promise<{ acknowledged: number }> {
  using data = temporaryFolder()
  using images = temporaryFolder()
  await writeImage(join(images.path, 'a.png'), 200, 200)
  const expected = new Map<string, Annotation>()
  let acknowledged = 0
  for (let kill = 0; kill < kills; kill++) {
    const said = await killedSession(data.path, images.path, random() * 60)
    let draftPoints = 0
    let imageId = ''
    let lastUndone: string | null = null
    for (const item of said) {
      if (item.kind === 'ready') imageId = item.imageId
      if (item.kind === 'drawn') expected.set(item.annotation.id, item.annotation)
      if (item.kind === 'undone') expected.delete(item.id)
      if (item.kind === 'draft') draftPoints = item.points
      lastUndone = item.kind === 'drawn' ? item.annotation.id : lastUndone
      if (item.kind !== 'ready') acknowledged++
    }
    const found = inspect(data.path, imageId)
    for (const [id, annotation] of expected) {
      if (found.annotations.has(id)) {
        if (JSON.stringify(found.annotations.get(id)) !== JSON.stringify(annotation))
          throw new Error(`Kill ${kill}: annotation ${id} is not what was acknowledged`)
      } else if (id === lastUndone) {
        // Its undo happened, and the kill came before the answer.
        expected.delete(id)
      } else throw new Error(`Kill ${kill}: annotation ${id} is lost`)
    }
    // An edit whose answer was cut off by the kill may be there, and then it stays.
    for (const [id, annotation] of found.annotations) expected.set(id, annotation)
    if (found.draftPoints < draftPoints)
      throw new Error(`Kill ${kill}: the draft has ${found.draftPoints} of ${draftPoints} points`)
  }
  return { acknowledged }
}
