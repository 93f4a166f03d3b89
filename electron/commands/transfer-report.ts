import type { AppCore } from '#core/app-core.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted } from '#shared/model/counted.ts'
import { formatDuration } from '#shared/model/duration.ts'
import { shareOf, type Transfer, type TransferFailure } from '#shared/model/transfer.ts'

/** Without a terminal, print a line at this interval. Milliseconds. */
const LINE_EVERY_MS = 10_000

function progressLine(transfer: Transfer) {
  const { files, bytesPerSecond, leftMs, isPlanned, problem } = transfer
  const done = files.done + files.skipped
  const share = shareOf(transfer)
  const width = 24
  const full = Math.round(share * width)
  return [
    `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    `${done.toLocaleString('en')} of ${files.total.toLocaleString('en')}${isPlanned ? '' : '…'}`,
    `${formatBytes(bytesPerSecond)}/s`,
    leftMs === null ? '' : `${formatDuration(leftMs)} left`,
    files.failed > 0 ? `${files.failed} failed` : '',
    problem ?? '',
  ]
    .filter(Boolean)
    .join('  ')
}

/** Shows a transfer's progress on stderr: a bar in a terminal, otherwise a line now and then. */
export function follow(core: AppCore, id: string): Disposable {
  const { stderr } = process
  let toldAtMs = Date.now()
  const listening = core.events.on((event) => {
    if (event.type !== 'transfer' || event.transfer.id !== id) return
    const line = terminalLine(progressLine(event.transfer))
    if (stderr.isTTY) stderr.write(`\r${line.slice(0, stderr.columns - 1)}\x1b[K`)
    else if (Date.now() - toldAtMs >= LINE_EVERY_MS) {
      toldAtMs = Date.now()
      stderr.write(`${line}\n`)
    }
  })
  return {
    [Symbol.dispose]: () => {
      listening[Symbol.dispose]()
      if (stderr.isTTY) stderr.write('\r\x1b[K')
    },
  }
}

/** The result as one word for programs: `incomplete` if some files failed. */
function outcome({ state, files }: Transfer): Transfer['state'] | 'incomplete' {
  return state === 'failed' && files.done + files.skipped > 0 ? 'incomplete' : state
}

/** The result for people: what arrived, and what did not. */
function summary(transfer: Transfer): string {
  const { kind, name, state, files, bytes } = transfer
  const verb = kind === 'download' ? 'downloaded' : 'uploaded'
  const count =
    files.failed > 0
      ? `${files.done.toLocaleString('en')} of ${counted(files.total - files.skipped, 'file')} ${verb}, ${files.failed.toLocaleString('en')} failed`
      : `${counted(files.done, 'file')} ${verb}`
  const there = files.skipped > 0 ? `, ${files.skipped.toLocaleString('en')} there already` : ''
  const ended = state === 'cancelled' ? ', cancelled' : ''
  return `${name}: ${count}${there} (${formatBytes(bytes.done)})${ended}`
}

/** Prints the report to stdout, as text or as one line of JSON. */
export function printReport(
  transfer: Transfer,
  failures: readonly TransferFailure[],
  asJson: boolean,
): void {
  const { kind, name, place, problem, files, bytes, report } = transfer
  const state = outcome(transfer)
  if (asJson) {
    const told = { kind, dataset: name, place, state, problem, files, bytes, report, failures }
    process.stdout.write(`${terminalJson(told)}\n`)
    return
  }
  const lines = [
    summary(transfer),
    ...report,
    ...failures.map(({ title, problem: why }) => `failed: ${title}: ${why}`),
    ...(files.failed > 0
      ? ['The same command again tries the failed ones once more.']
      : problem
        ? [problem]
        : []),
  ]
  process.stdout.write(`${lines.map(terminalLine).join('\n')}\n`)
}
