/** `convert` or `check` in a process of its own, with the limits that limited-command.ts watches. */
import type { LabelNote } from '#core/labels/label-orders.ts'
import { ReadingNotes } from '#core/labels/reading-notes.ts'
import { withoutSecrets } from '#core/redact.ts'
import { terminalLines } from '#core/terminal-text.ts'
import { guardMemory } from '#core/threads/memory-guard.ts'
import { outliveTerminal } from '#hosts/closed-terminal.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { checkLabels } from './check-labels.ts'
import { convert } from './convert.ts'
import type { LabelJob } from './limited-command.ts'

/** Milliseconds. */
const NOTE_MS = 1_000

outliveTerminal()
const job = JSON.parse(process.argv[2]) as LabelJob
guardMemory(job.memoryBytes)
const notes = new ReadingNotes((note: LabelNote) => process.send?.(note))
notes.note(null)
// Copying an image may take long. A loop that never ends stops this as well, so it is found.
setInterval(() => notes.getOn(), NOTE_MS).unref()
try {
  process.exitCode =
    job.command === 'convert'
      ? await convert(job.input, job.output, job.values, { ...job, notes })
      : await checkLabels(job.input, job.values, { ...job, notes })
} catch (error) {
  process.stderr.write(`${terminalLines(withoutSecrets(messageOf(error)))}\n`)
  process.exitCode = 2
}
// The channel and the guard would keep this process alive. What was printed is written first.
await Promise.all(
  [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((done) => stream.write('', () => done())),
  ),
)
process.exit()
