import { expect, test } from 'vitest'
import type { Transfer } from '#shared/model/transfer.ts'
import { plainProblem, progressWords, stateWords } from './transfer-words.ts'

const transfer = (change: Partial<Transfer> = {}): Transfer => ({
  id: 'a',
  kind: 'download',
  accountId: 'b',
  remoteId: 'c',
  name: 'street',
  place: '/data/street',
  state: 'running',
  problem: null,
  retryAtMs: null,
  doing: '',
  files: { done: 5, skipped: 0, failed: 0, total: 10 },
  bytes: { done: 500, total: 1_000 },
  isPlanned: true,
  bytesPerSecond: 100,
  leftMs: 5_000,
  history: [],
  connections: 4,
  createdAtMs: 0,
  finishedAtMs: null,
  report: [],
  ...change,
})

test('one that waits says so, and when it tries again; its speed is not told', () => {
  const waiting = transfer({ problem: 'Check the network.', doing: 'Sending', retryAtMs: 9_000 })
  expect(stateWords(waiting, 1_000)).toBe('Waiting for the service · retry in 8 s')
  expect(stateWords(waiting, 8_900)).toBe('Waiting for the service')
  expect(progressWords(waiting)).not.toContain('/s')
  expect(stateWords(transfer({ doing: 'Sending' }), 0)).toBe('Sending…')
})

test('one that is through is done, with what was skipped or failed; only one that is not has stopped', () => {
  const files = { done: 7, skipped: 2, failed: 0, total: 9 }
  expect(stateWords(transfer({ state: 'done', files }), 0)).toBe('Done, 2 skipped')
  const failed = { done: 8, skipped: 0, failed: 1, total: 9 }
  expect(stateWords(transfer({ state: 'failed', files: failed }), 0)).toBe('Done, 1 failed')
  const half = { done: 3, skipped: 0, failed: 0, total: 9 }
  expect(stateWords(transfer({ state: 'failed', files: half }), 0)).toBe('Stopped')
})

test('one that is done tells its size, when it ended and how long it took', () => {
  const words = progressWords(transfer({ state: 'done', finishedAtMs: 65_000 }))
  expect(words).toContain('10 files')
  expect(words).toContain('took 1 min')
})

test('codes are details, words are for people', () => {
  expect(plainProblem('The disk is full.')).toEqual({ words: 'The disk is full.', details: null })
  expect(plainProblem('read ECONNRESET')).toEqual({
    words: 'The transfer of this file failed.',
    details: 'read ECONNRESET',
  })
  expect(plainProblem('Storage answered status 503. Try again later.').words).toBe(
    'Try again later.',
  )
})
