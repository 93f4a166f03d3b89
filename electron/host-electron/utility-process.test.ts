import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Inference } from '#core/assist/inference.ts'
import { countingModel, endlessModel } from '#emulator/odd-models.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { startUtility } from './utility-process.ts'

vi.mock('electron', async () => (await import('#tests/helpers/fake-electron.ts')).electron)

const silent = () => {}

test('models run in a utility process, which can be killed in native code and restarts', async () => {
  using folder = temporaryFolder()
  const file = (name: string, content: Uint8Array) => {
    writeFileSync(join(folder.path, name), content)
    return join(folder.path, name)
  }
  await using inference = new Inference({
    startProcess: startUtility,
    log: { info: silent, warn: silent, error: silent },
    threads: 1,
  })
  const x = { type: 'float32', dims: [1], data: Float32Array.of(1) } as const
  const counts = file('counts.onnx', countingModel(3n))
  expect((await inference.run(counts, { x })).y?.data[0]).toBe(4)
  const endless = inference.run(file('endless.onnx', endlessModel()), { x }, { timeLimitMs: 300 })
  await expect(endless).rejects.toMatchObject({ reason: 'model_timeout' })
  expect((await inference.run(counts, { x })).y?.data[0]).toBe(4)
})

test('a process starts without our keys, proxies and options, and its last output is reported', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'tell.mjs')
  writeFileSync(
    file,
    `process.send(process.env)
    process.on('message', () => { process.stderr.write('all is lost'); process.exitCode = 3; process.disconnect() })`,
  )
  vi.stubEnv('HTTPS_PROXY', 'http://user:secret@proxy.example')
  vi.stubEnv('PICTOGRAPH_API_KEY', 'pk_live_1')
  const child = startUtility(file, [])
  const environment = await new Promise<object>((resolve) =>
    child.onMessage((message) => resolve(message as object)),
  )
  expect(environment).toHaveProperty('PATH')
  expect(JSON.stringify(environment)).not.toMatch(/secret|pk_live/)
  const end = new Promise((resolve) => child.onExit(resolve))
  child.post('end')
  expect(await end).toEqual({ code: 3, signal: null, words: 'all is lost' })
})
