import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { fileLog } from './log-file.ts'
import { withoutSecrets } from './redact.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

test('each event is one line, newest last, and is passed on', () => {
  using folder = temporaryFolder()
  const warn = vi.fn()
  const log = fileLog(folder.path, { ...silent, warn })
  log.info('begun', { files: 3 })
  log.warn('slow', { ms: 12 })
  const lines = log.tail(10).map((line) => JSON.parse(line) as object)
  expect(lines).toMatchObject([
    { level: 'info', message: 'begun', files: 3 },
    { level: 'warn', message: 'slow', ms: 12 },
  ])
  expect(log.tail(1)).toHaveLength(1)
  expect(warn).toHaveBeenCalledExactlyOnceWith('slow', { ms: 12 })
})

test('full files are rotated, and the oldest is deleted', () => {
  using folder = temporaryFolder()
  const log = fileLog(folder.path, silent)
  for (let index = 0; index < 8_000; index++) log.info(`line ${index}`, { text: 'x'.repeat(900) })
  const names = readdirSync(folder.path)
  expect(names.sort()).toEqual([
    'pictograph.1.log',
    'pictograph.2.log',
    'pictograph.3.log',
    'pictograph.4.log',
    'pictograph.log',
  ])
  for (const name of names)
    expect(statSync(join(folder.path, name)).size).toBeLessThanOrEqual(1_000_000)
  expect(log.tail(2_000).at(-1)).toContain('line 7999')
  expect(log.tail(2_000).at(-1_500)).toContain('line 6500')
})

test('keys, tokens and signatures are hidden, and long values truncated', () => {
  using folder = temporaryFolder()
  const log = fileLog(folder.path, silent)
  log.error('refused', {
    url: 'https://storage.example/object?expires=1&signature=deadbeef&X-Amz-Signature=cafe',
    header: 'x-api-key: pk_live_abc123',
    key: 'pk_live_abc123',
    page: 'http://127.0.0.1:7365/?token=secret',
    body: 'y'.repeat(50_000),
  })
  const text = readFileSync(join(folder.path, 'pictograph.log'), 'utf8')
  for (const secret of ['abc123', 'deadbeef', 'cafe', 'secret']) expect(text).not.toContain(secret)
  expect(text.length).toBeLessThan(5_000)
  expect(withoutSecrets('Authorization: Bearer abc')).toBe('Authorization: …')
  const nested = JSON.stringify({ headers: JSON.stringify({ authorization: 'Bearer abc' }) })
  expect(withoutSecrets(nested)).not.toContain('abc')
})

test('an unwritable folder does not stop the app', () => {
  using folder = temporaryFolder()
  const blocked = join(folder.path, 'logs')
  writeFileSync(blocked, '')
  const log = fileLog(blocked, silent)
  expect(() => log.error('lost')).not.toThrow()
  expect(log.tail(5)).toEqual([])
  mkdirSync(join(folder.path, 'empty'))
  expect(fileLog(join(folder.path, 'empty'), silent).tail(5)).toEqual([])
})

test('only the owner can read the log, whatever its earlier permissions', () => {
  using folder = temporaryFolder()
  const logs = join(folder.path, 'logs')
  fileLog(logs, silent).info('begun')
  expect(statSync(logs).mode & 0o077).toBe(0)
  expect(statSync(join(logs, 'pictograph.log')).mode & 0o077).toBe(0)
})

test('the copy is as free of secrets as the file, and contains no quoted file content', () => {
  using folder = temporaryFolder()
  const told: string[] = []
  const also = (message: string, fields?: object) =>
    void told.push(message + JSON.stringify(fields))
  const log = fileLog(folder.path, { info: also, warn: also, error: also })
  const thrown = (content: string) => {
    try {
      return JSON.parse(content) as never
    } catch (error) {
      return error
    }
  }
  const contents = [
    'patient Smith',
    '{"a": patient Smith}',
    '["patient Smith"',
    `${'x'.repeat(50)} patient Smith`,
  ]
  for (const content of contents) {
    log.warn('label file failed', { error: String(thrown(content)) })
    log.warn('label file failed', { error: thrown(content) })
  }
  log.error('spoiled', {
    error:
      'YAMLParseError: Nested mappings are not allowed at line 1, column 4:\n\n  a: patient Smith: x\n     ^',
  })
  log.error('refused by https://me:hunter2@host/?api_key=hunter2', {
    apiKey: 'hunter2',
    nested: { headers: [{ cookie: 'a=hunter2; b=hunter2' }], error: new Error('token=hunter2') },
  })
  const lines = [...log.tail(100), ...told].join('\n')
  expect(lines).not.toContain('hunter2')
  expect(lines).not.toContain('Smith')
  expect(lines).toContain('is not valid JSON')
})

test('a repeated line cannot push out the log', () => {
  using folder = temporaryFolder()
  let now = 0
  const told = vi.fn()
  const log = fileLog(folder.path, { ...silent, warn: told }, () => now)
  log.error('what matters')
  for (let index = 0; index < 55_000; index++) log.warn('bad request', { index })
  expect(log.tail(1_000)[0]).toContain('what matters')
  expect(log.tail(1_000).length).toBeLessThan(60)
  expect(told.mock.calls.length).toBeLessThan(60)
  now += 60_000
  log.warn('bad request', {})
  expect(log.tail(1)[0]).toContain('"leftOutBefore":54950')
})
