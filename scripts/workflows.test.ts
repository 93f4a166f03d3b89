import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface Workflow {
  jobs: Record<string, { 'timeout-minutes'?: number; steps: { run?: string }[] }>
}

test.each(['ci', 'release'])(
  'the workflow %s runs what the project has, and files that exist',
  (name) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const { jobs } = parse(read(`.github/workflows/${name}.yml`)) as Workflow
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run))
    const wanted = commands.flatMap((run) => [...run.matchAll(/npm run (?:-s )?([\w:]+)/g)])
    expect(wanted.map(([, script]) => script).filter((script) => !(script in scripts))).toEqual([])
    expect(wanted.length).toBeGreaterThan(3)
    const specs = commands.flatMap((run) => run.match(/\w+\.spec\.ts/g) ?? [])
    const existing = globSync('*.spec.ts', { cwd: join(ROOT, 'tests/e2e') })
    expect(specs.filter((spec) => !existing.includes(spec))).toEqual([])
  },
)

test('end-to-end tests press the modifier of the platform, so that they run on a Mac', () => {
  const wrong = globSync('tests/e2e/*.ts', { cwd: ROOT }).filter((file) =>
    /['"`]Control\+|ctrlKey: true }\)/.test(read(file)),
  )
  expect(wrong).toEqual([])
})
