import { fork } from 'node:child_process'
import { lastWords } from '#core/bare-environment.ts'
import { LABEL_LIMITS, type LabelLimits } from '#core/labels/label-limits.ts'
import type { LabelNote } from '#core/labels/label-orders.ts'
import { ReadingWatch } from '#core/labels/reading-watch.ts'
import { newMark, removeMarked } from '#core/library/begun-exports.ts'
import { workerFile } from '#core/worker-file.ts'
import { pathArgument } from './label-command.ts'
import type { ConvertValues, LabelValues } from './values.ts'

export type LabelCommand =
  | { command: 'convert'; input: string; output: string; values: ConvertValues }
  | { command: 'check'; input: string; values: LabelValues }

/** What the process is given; see label-job.ts. */
export type LabelJob = LabelCommand & {
  /** The base folder of relative paths. */
  cwd: string
  /** Stands in the names of temporary files. */
  mark: string
  memoryBytes: number
}

const INTERRUPTED = 130
/** Exit codes of the commands: complete, with losses, not possible. */
const MOST_CODE = 2

/**
 * Runs `convert` or `check` in a process of its own, because others made the label files: what takes too much memory or
 * never ends is ended and named, and no partial file stays. Returns the exit code. Throws a UserError if it was ended.
 */
export async function inLimits(
  command: LabelCommand,
  cwd: string,
  given: Partial<LabelLimits> = {},
): Promise<number> {
  const limits = { ...LABEL_LIMITS, ...given }
  const job: LabelJob = { ...command, cwd, mark: newMark(), memoryBytes: limits.memoryBytes }
  const child = fork(workerFile('label-job', import.meta.dirname), [JSON.stringify(job)], {
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
    execArgv: [],
  })
  const last = lastWords(child.stderr)
  using watch = new ReadingWatch(limits, {
    isBusy: () => true,
    end: () => child.kill('SIGKILL'),
  })
  // Being loaded counts as a step.
  watch.step()
  // After its last note it only prints its report, which a pager may read slowly.
  child.on('message', (note: LabelNote) => watch.hear(note))
  let isInterrupted = false
  // Ctrl+C reaches the child as well; this process waits for its end.
  const interrupt = () => {
    isInterrupted = true
  }
  const terminate = () => {
    isInterrupted = true
    child.kill('SIGTERM')
  }
  process.on('SIGINT', interrupt).on('SIGTERM', terminate)
  try {
    const { code, signal } = await new Promise<{
      code: number | null
      signal: NodeJS.Signals | null
    }>((resolve, reject) => {
      child.once('error', reject)
      // After its error output has been read completely.
      child.once('close', (ended, by) => resolve({ code: ended, signal: by }))
    })
    if (signal === null && code !== null && code <= MOST_CODE) {
      process.stderr.write(last.words)
      return code
    }
    if (command.command === 'convert')
      await removeMarked(pathArgument(cwd, command.output), job.mark)
    if (isInterrupted || signal === 'SIGINT' || signal === 'SIGTERM') return INTERRUPTED
    throw watch.failure(last.words)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', terminate)
  }
}
