import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface Step {
  run?: string
  env?: Record<string, string>
}

interface Workflow {
  on: Record<string, unknown>
  jobs: Record<string, { uses?: string; needs?: string | string[]; steps?: Step[] }>
}

const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow
const commandsOf = ({ jobs }: Workflow) =>
  Object.values(jobs).flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run))

test.each(['ci', 'release'])(
  'the workflow %s runs what the project has, and files that exist',
  (name) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const commands = commandsOf(workflow(name))
    const wanted = commands.flatMap((run) => [...run.matchAll(/npm run (?:-s )?([\w:]+)/g)])
    expect(wanted.map(([, script]) => script).filter((script) => !(script in scripts))).toEqual([])
    expect(wanted.length).toBeGreaterThan(3)
    const specs = commands.flatMap((run) => run.match(/\w+\.spec\.ts/g) ?? [])
    const existing = globSync('*.spec.ts', { cwd: join(ROOT, 'tests/e2e') })
    expect(specs.filter((spec) => !existing.includes(spec))).toEqual([])
  },
)

test('Electron is tested with its sandbox on, and under Wayland', () => {
  const steps = Object.values(workflow('ci').jobs).flatMap(({ steps = [] }) => steps)
  const electron = steps.filter(({ run }) => run?.includes('npm run e2e:electron'))
  expect(electron.some(({ env }) => env?.PICTOGRAPH_E2E_SANDBOX === '1')).toBe(true)
  expect(electron.some(({ run }) => /env -u DISPLAY WAYLAND_DISPLAY=/.test(run ?? ''))).toBe(true)
})

test('a release is drafted after all tests have passed and every package has started', () => {
  const release = workflow('release')
  const { test: tests, draft } = release.jobs
  expect(tests.uses).toBe('./.github/workflows/ci.yml')
  expect(workflow('ci').on).toHaveProperty('workflow_call')
  expect(draft.needs).toEqual(expect.arrayContaining(['test', 'build']))
  // On Linux with a virtual display, elsewhere directly.
  expect(commandsOf(release).filter((run) => run.includes('npm run package:start'))).toHaveLength(2)
})

test('end-to-end tests press the modifier of the platform, so that they run on a Mac', () => {
  const wrong = globSync('tests/e2e/*.ts', { cwd: ROOT }).filter((file) =>
    /['"`]Control\+|ctrlKey: true }\)/.test(read(file)),
  )
  expect(wrong).toEqual([])
})
