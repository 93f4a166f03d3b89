import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { holdFolder, markOf } from './held-folder.ts'

function folders() {
  const folder = temporaryFolder()
  const [own, other] = ['own', 'other'].map((name) => join(folder.path, name))
  mkdirSync(own)
  mkdirSync(other)
  return { ...folder, own, other, [Symbol.dispose]: folder[Symbol.dispose] }
}

describe('a held folder', () => {
  test('gives paths of its files', () => {
    using at = folders()
    using held = holdFolder(at.own, markOf(at.own))
    writeFileSync(held.pathOf('a.txt'), 'x')
    expect(readFileSync(join(at.own, 'a.txt'), 'utf8')).toBe('x')
  })

  test.each([
    ['a link', (own: string, other: string) => symlinkSync(other, own)],
    ['another folder', (own: string, other: string) => renameSync(other, own)],
  ])('is refused when %s is in its place', (_name, replace) => {
    using at = folders()
    const mark = markOf(at.own)
    renameSync(at.own, join(at.path, 'moved'))
    replace(at.own, at.other)
    expect(() => holdFolder(at.own, mark)).toThrow(/replaced by another folder or a link/)
  })

  test('is accepted at its new path, and refused when it is gone', () => {
    using at = folders()
    const mark = markOf(at.own)
    renameSync(at.own, join(at.path, 'moved'))
    symlinkSync(join(at.path, 'moved'), at.own)
    // The same directory: nothing leads elsewhere.
    holdFolder(at.own, mark)[Symbol.dispose]()
    rmSync(at.own)
    expect(() => holdFolder(at.own, mark)).toThrow(/ENOENT/)
  })

  test.runIf(process.platform === 'linux')('stays the same while it is held', () => {
    using at = folders()
    using held = holdFolder(at.own, markOf(at.own))
    renameSync(at.own, join(at.path, 'moved'))
    symlinkSync(at.other, at.own)
    writeFileSync(held.pathOf('a.txt'), 'x')
    expect(readFileSync(join(at.path, 'moved', 'a.txt'), 'utf8')).toBe('x')
  })
})
