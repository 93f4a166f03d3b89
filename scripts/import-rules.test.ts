import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'

const ROOT = join(import.meta.dirname, '..')

/** A file at this path, its import, and a word of the expected lint message (empty: allowed). */
const CASES: readonly (readonly [path: string, target: string, message: string | null])[] = [
  ['shared/geometry/x.ts', '#core/ports.ts', 'Shared code'],
  ['shared/geometry/x.ts', '#renderer/app.tsx', 'user interface'],
  ['electron/core/cache/x.ts', '#core/library/scan.ts', 'cache is at the bottom'],
  ['electron/core/formats/x.ts', 'node:fs', 'Formats are pure'],
  ['electron/core/library/x.ts', '#core/rpc/router.ts', 'Only rpc'],
  ['electron/core/rpc/x.ts', 'electron', 'Only host-electron'],
  ['electron/core/rpc/x.ts', '#hosts/serve.ts', 'core knows no host'],
  ['electron/host-node/x.ts', '#hosts/host-electron/menu.ts', 'Hosts never import each other'],
  ['electron/host-electron/x.ts', '#hosts/host-node/server.ts', 'Hosts never import each other'],
  ['renderer/editor/x.ts', '#core/ports.ts', 'through the contract only'],
  ['renderer/document/x.ts', 'react', 'document knows no interface'],
  ['renderer/document/x.ts', '#renderer/tools/tool.ts', 'document knows no interface'],
  ['renderer/canvas/x.ts', '#renderer/tools/tool.ts', 'canvas draws and never decides'],
  ['renderer/tools/x.ts', '#renderer/canvas/viewport.ts', 'never draw'],
  ['renderer/actions/x.ts', '#renderer/editor/top-bar.tsx', 'Screens use actions'],
  ['renderer/ui/x.ts', '#renderer/actions/action.ts', 'free of the domain'],
  ['electron/core/media/x.ts', '../cache/database.ts', '# alias'],
  ['emulator/x.ts', '#core/api/client.ts', 'contract alone'],
  ['emulator/routes/x.ts', '#shared/model/annotation.ts', 'contract alone'],
  ['electron/core/api/x.ts', '#emulator/server.ts', 'knows nothing of it'],
  ['electron/core/api/x.ts', '#core/user-error.ts', 'client stands alone'],
  ['electron/core/sync/x.ts', '#core/library/scan.ts', 'Sync knows the client'],
  ['electron/core/transfer/x.ts', '#core/sync/engine.ts', 'Transfers know the client'],
  ['electron/core/sync/x.ts', '#core/transfer/wait.ts', null],
  ['renderer/editor/x.ts', '#renderer/actions/action.ts', null],
  ['renderer/canvas/x.ts', '#renderer/document/session.ts', null],
  ['electron/core/rpc/x.ts', '#core/library/scan.ts', null],
]

let complaints: string[] = []

beforeAll(() => {
  using folder = temporaryFolder()
  cpSync(join(ROOT, 'biome.json'), join(folder.path, 'biome.json'))
  CASES.forEach(([path, target], index) => {
    const file = join(folder.path, path.replace('x.ts', `x${index}.ts`))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `import type { X } from '${target}'\n\nexport type Y = X\n`)
  })
  const { stdout, stderr } = spawnSync(
    join(ROOT, 'node_modules/.bin/biome'),
    ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--colors=off', '.'],
    { cwd: folder.path, encoding: 'utf8' },
  )
  complaints = (stdout + stderr).split(/\n(?=\S+:\d+:\d+ )/)
})

test.each(CASES.map((entry, index) => [...entry, index] as const))(
  '%s importing %s, even as a type',
  (path, _target, message, index) => {
    const own = complaints.filter((text) => text.includes(path.replace('x.ts', `x${index}.ts`)))
    if (message === null) expect(own).toEqual([])
    else expect(own.join('\n')).toContain(message)
  },
)
