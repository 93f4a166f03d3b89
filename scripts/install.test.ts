import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')

/**
 * The install script of onnxruntime-node fetches CUDA libraries from outside of the registry on Linux. npm 11.16 and
 * later obey `allowScripts`; earlier ones run what the lockfile says has a script. A setting in .npmrc would stop it,
 * too, but npm 11 warns of it at every command.
 */
test('no version of npm runs the install script of onnxruntime-node', () => {
  const { allowScripts } = JSON.parse(read('package.json')) as {
    allowScripts: Record<string, boolean>
  }
  expect(allowScripts['onnxruntime-node']).toBe(false)
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const found = Object.entries(packages).filter(([path]) => /(^|\/)onnxruntime-node$/.test(path))
  expect(found).toHaveLength(1)
  // If npm has written it again, remove the line "hasInstallScript" from package-lock.json.
  expect(found[0][1].hasInstallScript).toBeUndefined()
})

test('npm knows every setting of .npmrc', () => {
  const names = read('.npmrc')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('=')[0])
  expect(names).toEqual(['engine-strict'])
})
