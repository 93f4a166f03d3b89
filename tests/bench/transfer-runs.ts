/** The processes of the transfer benchmark: the service, and the built core. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { temporaryFolder } from '#tests/helpers/core.ts'

const root = join(import.meta.dirname, '../..')

/** The first output line of a process. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('No output')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error('It ended without a word')
}

export type Service = Awaited<ReturnType<typeof startService>>

/** `sets`: initial datasets, `COUNTxBYTES` each. */
export async function startService(dataDir: string, sets: readonly string[]) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'transfer-service.ts'), dataDir, ...sets],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { url, ids } = JSON.parse(await firstLine(child)) as { url: string; ids: string[] }
  const setFaults = async (rules: readonly object[]) => {
    await fetch(`${url}/__admin/faults`, { method: 'DELETE' })
    const headers = { 'content-type': 'application/json' }
    for (const rule of rules)
      await fetch(`${url}/__admin/faults`, { method: 'POST', body: JSON.stringify(rule), headers })
  }
  return {
    url,
    ids,
    setFaults,
    setLatency: (ms: number) =>
      setFaults(ms > 0 ? [{ times: 100_000_000, fault: { kind: 'delay', ms } }] : []),
    /** Bytes of its storage so far. */
    traffic: async () =>
      (await (await fetch(`${url}/__admin/traffic`)).json()) as {
        sentBytes: number
        receivedBytes: number
      },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Uses the built core: from source, Node's TypeScript loader would be measured, too. */
export async function bundledClient(): Promise<{ script: string } & Disposable> {
  const folder = temporaryFolder(join(root, 'out'))
  await build({
    root,
    logLevel: 'error',
    configFile: false,
    build: {
      ssr: true,
      outDir: folder.path,
      target: 'node24',
      rollupOptions: {
        input: {
          'transfer-client': join(import.meta.dirname, 'transfer-client.ts'),
          'small-heap': join(root, 'electron/small-heap.ts'),
          'fetch-worker': join(root, 'electron/core/transfer/fetch-worker.ts'),
          'checkpoint-worker': join(root, 'electron/core/cache/checkpoint-worker.ts'),
          'file-facts-worker': join(root, 'electron/core/transfer/file-facts-worker.ts'),
        },
        output: { format: 'es' },
      },
    },
  })
  return {
    script: join(folder.path, 'transfer-client.js'),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

export interface Said {
  state: string
  ms: number
  requests: number
  cpuS: number
  peakBytes: number
}

/** Our transfer, from the click to the last file in its place; in a separate process like the core. */
export async function transferOnce(
  script: string,
  url: string,
  kind: 'download' | 'upload',
  dataset: string,
  folder: string,
): Promise<Said> {
  using data = temporaryFolder()
  const child = spawn(process.execPath, [script, data.path, url, kind, dataset, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = JSON.parse(await firstLine(child)) as Said
  if (said.state !== 'done') throw new Error(`The ${kind} ended ${said.state}`)
  return said
}
