import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { goldenSam1 } from '#emulator/golden-segment.ts'
import { externalModel } from '#emulator/odd-models.ts'
import { tinyDetector } from '#emulator/tiny-onnx.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

function setUp() {
  const data = temporaryFolder()
  const core = openCore(testPorts(data.path))
  const file = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(data.path, name), content)
    return join(data.path, name)
  }
  return {
    ...core,
    dataDir: data.path,
    file,
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      data[Symbol.dispose]()
    },
  }
}

test('a file is copied, told by what it takes and gives, not doubled, and removed', async () => {
  await using app = setUp()
  const { encoder, decoder } = goldenSam1()
  const added = await app.models.add(app.file('mobile_sam.encoder.onnx', encoder))
  await app.models.add(app.file('mobile_sam.decoder.onnx', decoder))
  expect(added).toMatchObject({
    id: 'mobile_sam.encoder.onnx',
    name: 'mobile_sam.encoder',
    source: 'file',
    use: 'segment-encoder',
    sizeBytes: encoder.length,
    sha256: sha256(encoder),
    takenFor: expect.stringContaining('SAM'),
  })
  expect((await app.models.add(app.file('again.onnx', encoder))).id).toBe(added.id)
  expect(await app.models.engines()).toEqual([
    {
      id: 'mobile_sam.encoder.onnx/mobile_sam.decoder.onnx',
      name: 'mobile_sam',
      family: 'SAM (also MobileSAM)',
    },
  ])
  await app.models.remove(added.id)
  expect((await app.models.list()).map(({ id }) => id)).toEqual(['mobile_sam.decoder.onnx'])
  expect(readdirSync(app.models.folder)).toEqual([
    'mobile_sam.decoder.json',
    'mobile_sam.decoder.onnx',
  ])
  await expect(app.models.get('../library.sqlite')).rejects.toMatchObject({ reason: 'no_model' })
})

test('what is no model, or wants other files, is refused by name, and nothing is left', async () => {
  await using app = setUp()
  for (const [name, content, reason] of [
    ['page.onnx', '<html>', 'model_broken'],
    ['external.onnx', externalModel('/etc/passwd', 'graph'), 'model_external_data'],
  ] as const)
    await expect(app.models.add(app.file(name, content))).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(name),
    })
  await expect(app.models.add(join(app.dataDir, 'gone.onnx'))).rejects.toThrow('gone.onnx')
  expect(readdirSync(app.models.folder)).toEqual([])
})

test('two models of one name are kept beside each other', async () => {
  await using app = setUp()
  const { encoder, decoder } = goldenSam1()
  await app.models.add(app.file('model.onnx', encoder))
  const second = await app.models.add(app.file('model.onnx', decoder))
  expect(second.id).toBe('model-2.onnx')
})

test('a folder of models that was copied from another machine is there as it was', async () => {
  await using here = setUp()
  await here.models.add(here.file('tiny.onnx', tinyDetector()), {
    name: 'Cars and people',
    licence: 'Apache-2.0',
    classes: ['car', 'person'],
  })
  await using there = setUp()
  cpSync(here.models.folder, there.models.folder, { recursive: true })
  const plain = ({ file: _file, ...model }: Awaited<ReturnType<typeof here.models.get>>) => model
  expect((await there.models.list()).map(plain)).toEqual((await here.models.list()).map(plain))
})

/** A server of files; `slow`: it stops in the middle. */
async function serve(files: Record<string, { body: Buffer; slow?: boolean; location?: string }>) {
  const server = createServer((request, response) => {
    const found = files[request.url ?? '']
    if (!found) return response.writeHead(404).end()
    if (found.location !== undefined)
      return response.writeHead(302, { location: found.location }).end()
    response.writeHead(200, { 'content-length': found.body.length })
    return found.slow ? response.write(found.body.subarray(0, 10)) : response.end(found.body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

test('a model of a catalogue is fetched when asked, and taken only when it is the promised one', async () => {
  await using app = setUp()
  const body = tinyDetector()
  await using server = await serve({
    '/tiny.onnx': { body },
    '/there.onnx': { body, location: '/tiny.onnx' },
    '/other.onnx': { body: Buffer.concat([body.subarray(0, -1), Buffer.of(1)]) },
    '/longer.onnx': { body: Buffer.concat([body, body]) },
    '/slow.onnx': { body, slow: true },
  })
  const entry = (name: string) => ({
    name,
    address: `${server.url}/${name}.onnx`,
    sizeBytes: body.length,
    licence: 'MIT',
    sha256: sha256(body),
    version: '1',
  })
  const catalogue = app.file('catalogue.json', JSON.stringify({ models: [entry('there')] }))
  const [listed] = await app.fetchModels.readCatalogue(catalogue)
  expect(existsSync(app.models.folder)).toBe(false)
  expect(await app.fetchModels.fromCatalogue(listed)).toMatchObject({
    licence: 'MIT',
    source: 'catalogue',
    sha256: sha256(body),
    version: '1',
  })
  for (const name of ['other', 'longer'])
    await expect(app.fetchModels.fromCatalogue(entry(name)), name).rejects.toMatchObject({
      reason: 'model_checksum',
    })
  await expect(app.fetchModels.fromCatalogue(entry('none'))).rejects.toThrow('404')
  const slow = app.fetchModels.fromCatalogue(entry('slow'))
  const outcome = expect(slow).rejects.toMatchObject({ reason: 'cancelled' })
  await expect.poll(() => app.fetchModels.running[0]?.doneBytes).toBe(10)
  app.fetchModels.cancel('slow')
  await outcome
  expect(readdirSync(app.models.folder)).toEqual(['there.json', 'there.onnx'])
})

test('a catalogue that is none names the field', async () => {
  await using app = setUp()
  const entry = {
    name: 'a',
    address: 'http://example.com/a.onnx',
    sizeBytes: 1,
    licence: 'MIT',
    sha256: 'ab'.repeat(32),
  }
  for (const [content, words] of [
    ['{', 'catalogue.json'],
    [JSON.stringify([{ ...entry, sha256: 'x' }]), 'sha256'],
    [JSON.stringify([entry]), 'https'],
  ] as const)
    await expect(
      app.fetchModels.readCatalogue(app.file('catalogue.json', content)),
    ).rejects.toThrow(words)
})
