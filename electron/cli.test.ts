import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { COMMANDS } from './commands/command-names.ts'

const ROOT = join(import.meta.dirname, '..')

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/dev-core.mjs'), ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

async function labelmeFolder() {
  const folder = temporaryFolder()
  const source = join(folder.path, 'in')
  mkdirSync(source)
  await writeImage(join(source, 'a.png'))
  const shapes = [
    {
      label: 'car',
      points: [
        [1, 2],
        [11, 12],
      ],
      shape_type: 'rectangle',
    },
    {
      label: 'lane',
      points: [
        [1, 2],
        [11, 12],
      ],
      shape_type: 'linestrip',
    },
  ]
  writeFileSync(
    join(source, 'a.json'),
    JSON.stringify({
      imagePath: 'a.png',
      imageData: null,
      shapes,
      imageWidth: 40,
      imageHeight: 30,
    }),
  )
  return { source, out: join(folder.path, 'out'), [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

describe('convert', () => {
  test('writes the format, copies the images and prints what was lost', async () => {
    using folder = await labelmeFolder()
    const { status, stdout } = run(
      'convert',
      folder.source,
      folder.out,
      '--from',
      'labelme',
      '--to',
      'coco',
      '--images',
      'copy',
      '--json',
    )
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      images: 1,
      annotations: 1,
      losses: [{ message: 'polylines have no place in COCO and are left out', count: 1 }],
    })
    const coco = JSON.parse(
      readFileSync(join(folder.out, 'annotations/instances_default.json'), 'utf8'),
    )
    expect(coco).toMatchObject({
      images: [{ file_name: 'a.png', width: 40 }],
      annotations: [{ bbox: [1, 2, 10, 10] }],
    })
    expect(existsSync(join(folder.out, 'images/a.png'))).toBe(true)
  })

  test('exits with 1 for losses under --strict, with 2 for errors that say what to do', async () => {
    using folder = await labelmeFolder()
    expect(run('convert', folder.source, folder.out, '--to', 'yolo', '--strict').status).toBe(1)
    expect(run('convert', folder.source, folder.out, '--to', 'labelme', '--strict').status).toBe(0)
    const unknown = run('convert', folder.source, folder.out, '--to', 'tfrecord')
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/'tfrecord' is invalid\. Allowed choices are pictograph, coco/),
    ])
    expect(run('convert', '/no/such', folder.out, '--to', 'coco')).toMatchObject({
      status: 2,
      stderr: '/no/such: Not found. It may have been moved, renamed or deleted\n',
    })
  })

  test('accepts one file, without its images', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.json')
    writeFileSync(
      file,
      JSON.stringify({
        images: [{ id: 1, file_name: '../../a.jpg', width: 100, height: 50 }],
        categories: [{ id: 1, name: 'car' }],
        annotations: [{ image_id: 1, category_id: 1, bbox: [10, 10, 20, 20] }],
      }),
    )
    const { status, stdout } = run('convert', file, join(folder.path, 'out'), '--to', 'yolo')
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('1 images, 1 annotations: coco → yolo'),
    ])
    expect(readFileSync(join(folder.path, 'out/labels/train/a.txt'), 'utf8')).toBe(
      '0 0.2 0.4 0.2 0.4\n',
    )
  })
})

test('an invalid port gives a readable error', () => {
  expect(run('--serve', '--port', 'x')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/--port.*'x'.*from 0 to 65535/),
  })
})

test('a mistyped command or option is reported with the nearest one', () => {
  expect(run('downlod', 'a', 'b')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('Did you mean download?'),
  })
  expect(run('harbour')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Commands are check, completion, convert'),
  })
  expect(run('check', 'x', '--form', 'coco')).toMatchObject({
    status: 2,
    stderr: "unknown option '--form'\n(Did you mean --from?)\n",
  })
})

test('version and help, also per command, go to stdout', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  const help = run('--help')
  expect([help.status, help.stderr]).toEqual([0, ''])
  for (const command of COMMANDS) expect(help.stdout).toContain(`  ${command} `)
  expect(run('help', 'upload').stdout).toContain('--create')
  expect(run('convert', '--help').stdout).toContain('--dry-run')
})

test('completion offers commands, options, values and files', () => {
  const { status, stdout } = run('completion', 'bash')
  expect(status).toBe(0)
  const complete = (...words: string[]) => {
    const script = `${stdout}
COMP_WORDS=(pictograph-desktop ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_pictograph_desktop; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: ROOT }).stdout.split('\n')
  }
  expect(complete('down')).toContain('download')
  expect(complete('convert', '--dry')).toContain('--dry-run')
  expect(complete('convert', 'a', 'b', '--to', 'labelm')).toContain('labelme')
  expect(complete('check', 'pack')).toContain('package.json')
  expect(run('completion', 'fish').stdout).toContain('-a download -d')
})
