import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PRIVATE_FILE } from './private-files.ts'
import { JOURNAL, leftWorks, workSchema } from './work-in-hand.ts'

const FILE = 'unfinished-runs'
/** A run that crashed within this time of its start counts. Milliseconds. */
const SHORT_MS = 600_000
/** Runs that must have crashed in a row during the same work. */
const RUNS = 2

const stateSchema = z.object({
  startedAtMs: z.number(),
  /** Short runs in a row that did not end in order, all of them during these works. */
  ends: z.number().int().min(0),
  works: z.array(workSchema.pick({ kind: true, id: true })),
})

function readState(file: string): z.infer<typeof stateSchema> | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // The first run, or a damaged file.
    return null
  }
}

/** When the last run began or ended its last work, milliseconds since 1970; null: nobody knows. */
function lastSignMs(dataDir: string): number | null {
  try {
    return statSync(join(dataDir, JOURNAL)).mtimeMs
  } catch {
    return null
  }
}

/**
 * For a host without a supervisor: recognises that the app ends again and again during the same work, which it resumes
 * at each start. One end without order says nothing: power may have failed. Call it once per start, before the journal
 * of works is opened. Returns how the runs before ended, or undefined.
 */
export function crashLoop(dataDir: string, nowMs = Date.now()): string | undefined {
  const file = join(dataDir, FILE)
  const before = readState(file)
  const lastMs = lastSignMs(dataDir)
  const left = leftWorks(dataDir)
  const wasShort = before !== null && lastMs !== null && lastMs - before.startedAtMs < SHORT_MS
  const again = left.filter(
    ({ kind, id }) =>
      before?.ends === 0 || before?.works.some((work) => work.kind === kind && work.id === id),
  )
  const ends = left.length === 0 || !wasShort ? 0 : again.length > 0 ? (before?.ends ?? 0) + 1 : 1
  const works = (again.length > 0 ? again : left).map(({ kind, id }) => ({ kind, id }))
  const isLoop = ends >= RUNS
  // What is set aside now is not resumed, so the count begins anew.
  writeState(file, { startedAtMs: nowMs, ends: isLoop ? 0 : ends, works })
  return isLoop ? 'twice in a row, soon after its start' : undefined
}

/** The user quits: works that are not closed in time are no crash. */
export function quitsInOrder(dataDir: string): void {
  writeState(join(dataDir, FILE), { startedAtMs: 0, ends: 0, works: [] })
}

function writeState(file: string, state: z.infer<typeof stateSchema>): void {
  try {
    writeFileSync(file, JSON.stringify(state), { mode: PRIVATE_FILE })
  } catch {
    // A full disk: the app says so elsewhere.
  }
}
