import { join, relative, sep } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SafeNames, safeSegment } from './safe-names.ts'

test.each([
  ['../x', '.._x'],
  ['..', '__'],
  ['', '_'],
  ['CON.jpg', 'CON_.jpg'],
  ['nul', 'nul_'],
  ['com1.tar.gz', 'com1_.tar.gz'],
  ['a\u0000b.jpg', 'a_b.jpg'],
  ['C:\\x.jpg', 'C__x.jpg'],
  ['trailing. ', 'trailing__'],
  ['evil\u202egpj.exe', 'evil_gpj.exe'],
  ['größe.png', 'größe.png'],
])('%j becomes %j', (from, to) => {
  expect(safeSegment(from)).toBe(to)
})

test('names that differ only by case, Unicode form or cleaning get different files', () => {
  const names = new SafeNames()
  const paths = ['a/X.jpg', 'a/x.jpg', 'a/x:.jpg', 'a/x?.jpg', 'a/\u00e9.jpg', 'a/e\u0301.jpg']
  const assigned = paths.map((path) => names.assign(path))
  expect(assigned).toEqual([
    'a/X.jpg',
    'a/x (2).jpg',
    'a/x_.jpg',
    'a/x_ (2).jpg',
    'a/é.jpg',
    'a/é (2).jpg',
  ])
})

test('a file and a directory with the same name do not collide', () => {
  const names = new SafeNames()
  expect(names.assign('a.jpg')).toBe('a.jpg')
  expect(names.assign('a.jpg/b.jpg')).toBe('a (2).jpg/b.jpg')
  expect(names.assign('c/d.jpg')).toBe('c/d.jpg')
  expect(names.assign('c')).toBe('c (2)')
})

test('what is written beside a file takes no other file’s place, whichever comes first', () => {
  const all = [
    ['a.png', 'a.png.json', 'photo.png', 'photo.png.part', 'A.PNG.PART', 'd', 'd.part/x.png'],
    ['a.png.json', 'a.png', 'photo.png.part', 'photo.png', 'd.part/x.png', 'd'],
    ['./b.png', 'b.png', 'x\\b.png', 'x/b.png', 'x_b.png'],
    ['pictograph-dataset.json', 'data.yaml', 'DATA.YAML', 'classes.txt'],
  ]
  for (const paths of all) {
    const names = SafeNames.forTarget()
    const assigned = paths.map((path) => names.assign(path))
    const written = assigned.flatMap((path) => [path, `${path}.json`, `${path}.part`])
    const folders = new Set(
      assigned.filter((path) => path.includes('/')).map((path) => path.split('/')[0]),
    )
    expect(new Set(written.map((path) => path.toLowerCase())).size).toBe(written.length)
    for (const path of written) expect(folders).not.toContain(path)
  }
  expect(SafeNames.forTarget().assign('data.yaml')).toBe('data (2).yaml')
})

test('in a person’s folder no file gets a name that programs obey', () => {
  const names = SafeNames.forTarget()
  expect(
    ['.bashrc', '.ssh/authorized_keys', '...git/config', 'a/.env'].map((path) =>
      names.assign(path),
    ),
  ).toEqual(['_bashrc', '_ssh/authorized_keys', '___git/config', 'a/_env'])
})

test('label files beside images in a ZIP keep their names', () => {
  const names = new SafeNames()
  expect(['a.png', 'a.png.json'].map((path) => names.assign(path))).toEqual(['a.png', 'a.png.json'])
})

const segment = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '..',
    '.',
    'CON',
    'nul.jpg',
    'C:',
    '\u0000',
    ' ',
    'x'.repeat(400),
    'é'.repeat(200),
  ),
)

test('any name stays in the folder, has at most 255 bytes, and is unique', () => {
  const root = join(sep, 'data', 'set')
  fc.assert(
    fc.property(fc.array(fc.array(segment, { maxLength: 4 }), { maxLength: 20 }), (paths) => {
      const names = new SafeNames()
      const seen = new Set<string>()
      for (const path of paths) {
        const assigned = names.assign(path.join('/'))
        const way = relative(root, join(root, assigned))
        expect(way.startsWith('..') || way === '').toBe(false)
        for (const part of assigned.split('/')) {
          expect(Buffer.byteLength(`${part}.json`)).toBeLessThanOrEqual(255)
          expect(part).not.toMatch(/[. ]$|^\.{1,2}$/)
        }
        expect(seen.has(assigned.normalize('NFC').toLowerCase())).toBe(false)
        seen.add(assigned.normalize('NFC').toLowerCase())
      }
    }),
  )
})

test('thousands of directories in one name take neither time nor depth', () => {
  const names = new SafeNames()
  const before = process.cpuUsage()
  const [one, other, same] = ['d/'.repeat(75_000), 'd/'.repeat(74_999), 'd/'.repeat(75_000)].map(
    (directory, index) => names.assign(`${directory}${index}.png`),
  )
  expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  for (const path of [one, other, same]) expect(path.length).toBeLessThan(1_300)
  const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
  expect(directoryOf(one)).toBe(directoryOf(same))
  expect(directoryOf(one)).not.toBe(directoryOf(other))
  const deep = `${'directory/'.repeat(20)}a.png`
  expect(names.assign(deep)).toBe(deep)
  const long = names.assign(`${'x'.repeat(150_000)}/${'y'.repeat(150_000)}/${'z'.repeat(150_000)}`)
  expect(Buffer.byteLength(long)).toBeLessThan(1_300)
})
