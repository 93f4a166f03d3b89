import { formatBytes } from '#shared/model/bytes.ts'
import { formatDuration } from '#shared/model/duration.ts'
import { isLive, type Transfer } from '#shared/model/transfer.ts'
import { counted, t } from '#shared/texts/texts.ts'

const STATE: Record<Transfer['state'], string> = {
  planning: t('Preparing'),
  running: t('Running'),
  finishing: t('Finishing'),
  paused: t('Paused'),
  done: t('Done'),
  failed: t('Stopped'),
  cancelled: t('Canceled'),
}

/** True while it waits for the service or the network. */
export const isWaiting = (transfer: Pick<Transfer, 'state' | 'problem'>): boolean =>
  isLive(transfer) && transfer.problem !== null

/** The state of a transfer in a few words. `nowMs`: milliseconds since 1970. */
export function stateWords(transfer: Transfer, nowMs: number): string {
  const { state, doing, files, retryAtMs } = transfer
  if (isWaiting(transfer)) {
    const leftMs = retryAtMs === null ? 0 : retryAtMs - nowMs
    return leftMs >= 1_000
      ? t('Waiting for the service · retry in {duration}', { duration: formatDuration(leftMs) })
      : t('Waiting for the service')
  }
  if (isLive(transfer)) return doing ? `${doing}…` : STATE[state]
  // Everything that could be transferred has been.
  const isThrough = files.done + files.skipped + files.failed >= files.total && files.total > 0
  if (state === 'failed' && isThrough && files.failed > 0)
    return t('Done, {count} failed', { count: files.failed.toLocaleString() })
  if (state === 'done' && files.skipped > 0)
    return t('Done, {count} skipped', { count: files.skipped.toLocaleString() })
  return STATE[state]
}

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Progress and speed of a transfer, or when it ended. */
export function progressWords(transfer: Transfer): string {
  const { files, bytes, isPlanned, bytesPerSecond, leftMs, connections } = transfer
  const { state, createdAtMs, finishedAtMs } = transfer
  // A waiting transfer has no meaningful speed.
  const moves = isLive(transfer) && !isWaiting(transfer)
  const done = files.done + files.skipped
  const isOver = state === 'done'
  const parts = [
    isOver
      ? counted(files.total, 'file')
      : isPlanned
        ? t('{done} of {total}', {
            done: done.toLocaleString(),
            total: counted(files.total, 'file'),
          })
        : t('{count} found so far', { count: counted(files.total, 'file') }),
    bytes.total > 0 &&
      (isOver
        ? formatBytes(bytes.total)
        : t('{done} of {total}', {
            done: formatBytes(bytes.done),
            total: formatBytes(bytes.total),
          })),
    moves && bytesPerSecond > 0 && `${formatBytes(bytesPerSecond)}/s`,
    moves && leftMs !== null && t('{duration} left', { duration: formatDuration(leftMs) }),
    moves && connections > 0 && counted(connections, 'connection'),
    finishedAtMs !== null &&
      t('{when}, took {duration}', {
        when: when.format(finishedAtMs),
        duration: formatDuration(finishedAtMs - createdAtMs),
      }),
  ]
  return parts.filter(Boolean).join(' · ')
}

/** Codes of the system and the service, such as ECONNRESET, which most users do not know. */
const CODE =
  /\b(?:E[A-Z]{3,}|UND_ERR_[A-Z_]+|ERR_[A-Z_]+|[A-Z]{3,}_[A-Z_]{3,}|HTTP \d{3}|status \d{3})\b/

/** A problem in plain words and its technical details; details are null if the message contains no code. */
export function plainProblem(problem: string): { words: string; details: string | null } {
  const code = CODE.exec(problem)?.[0]
  if (!code) return { words: problem, details: null }
  const sentences = problem.split(/(?<=[.!])\s+/)
  const plain = sentences.filter((sentence) => !CODE.test(sentence)).join(' ')
  return { words: plain || t('The transfer of this file failed.'), details: problem }
}
