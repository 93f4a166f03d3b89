import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmulator } from '#emulator/server.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

test('the example of the client’s documentation runs as it stands', async () => {
  using folder = temporaryFolder()
  await using emulator = await startEmulator({ dataDir: folder.path })
  const photo = join(folder.path, 'photo.png')
  await writeImage(photo)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '../../docs/examples/client.mjs'), photo],
    {
      env: {
        ...process.env,
        PICTOGRAPH_API_KEY: 'pk_live_admin',
        PICTOGRAPH_BASE_URL: emulator.url,
      },
    },
  )
  expect(stdout).toBe('street.png: 1\n')
})
