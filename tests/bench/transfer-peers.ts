/** The competitors with the same files: tools that fetch a list of addresses, and the service's Python SDK. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '#tests/helpers/core.ts'

export interface Peer {
  name: string
  fetch: (addresses: readonly string[], folder: string) => Promise<void>
}

async function runToEnd(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
}

/** A tool with its best settings; null if it is not installed. */
export function peerFetcher(command: 'aria2c' | 'curl'): Peer | null {
  if (spawnSync(command, ['--version']).error) return null
  const isAria = command === 'aria2c'
  return {
    name: isAria ? 'aria2c -j64' : 'curl --parallel-max 64',
    fetch: async (addresses, folder) => {
      using lists = temporaryFolder()
      const list = join(lists.path, 'list')
      const entries = addresses.map((address, index) =>
        isAria
          ? `${address}\n  out=${index}.jpg`
          : `url = "${address}"\noutput = "${join(folder, `${index}.jpg`)}"`,
      )
      writeFileSync(list, entries.join('\n'))
      const args = isAria
        ? [
            ...['-i', list, '-d', folder, '-j', '64', '-x', '1', '--file-allocation=none'],
            ...['--quiet=true', '--enable-http-keep-alive=true', '--log-level=error'],
          ]
        : [
            '--parallel',
            '--parallel-max',
            '64',
            '--silent',
            '--no-progress-meter',
            '--fail',
            '--config',
            list,
          ]
      await runToEnd(command, args)
    },
  }
}

/** The limits of Node itself, in the same run. */
export const bareLoop: Peer = {
  name: 'a bare undici loop, 64 at a time',
  fetch: async (addresses, folder) => {
    using lists = temporaryFolder()
    const list = join(lists.path, 'list')
    writeFileSync(list, addresses.join('\n'))
    await runToEnd(process.execPath, [join(import.meta.dirname, 'bare-loop.ts'), list, folder])
  },
}

const UPLOAD = `
import sys
from pictograph import Client
url, key, dataset, folder = sys.argv[1:]
report = Client(api_key=key, base_url=url).images.upload_from_directory(dataset, folder)
assert report.images_uploaded > 0 and not report.failures, report
`

/** The SDK in its own environment; null if Python or the package is unavailable. */
export async function pythonSdk() {
  const folder = temporaryFolder()
  const python = join(
    folder.path,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  )
  const isThere =
    spawnSync('python3', ['-m', 'venv', folder.path]).status === 0 &&
    spawnSync(python, ['-m', 'pip', 'install', '-q', 'pictograph']).status === 0
  if (!isThere) {
    folder[Symbol.dispose]()
    return null
  }
  return {
    upload: (url: string, key: string, dataset: string, directory: string) =>
      runToEnd(python, ['-c', UPLOAD, url, key, dataset, directory]),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}
