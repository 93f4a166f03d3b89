import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type FolderMark, holdFolder, type Look, markOf } from './held-folder.ts'

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

  describe('on a stick, whose file system makes up inode numbers', () => {
    let next = 0n
    /** Each look finds another inode, as on FAT after the system has forgotten the directory. */
    const stick =
      (facts: Partial<FolderMark> = {}): Look =>
      (folder) => {
        next++
        return { device: 7n, inode: next, path: folder, hasLooseInodes: true, ...facts }
      }

    test('is the same as long as it is at its place', () => {
      using at = folders()
      using held = holdFolder(at.own, markOf(at.own, stick()), stick())
      writeFileSync(held.pathOf('a.txt'), 'x')
      expect(readFileSync(join(at.own, 'a.txt'), 'utf8')).toBe('x')
    })

    test.each<[string, Partial<FolderMark>]>([
      ['elsewhere', { path: '/etc' }],
      ['on another device', { device: 8n }],
    ])('is refused %s', (_name, facts) => {
      using at = folders()
      const mark = markOf(at.own, stick())
      expect(() => holdFolder(at.own, mark, stick(facts))).toThrow(/replaced by another folder/)
    })

    test('is refused with another inode where inodes stay', () => {
      using at = folders()
      const firm = stick({ hasLooseInodes: false })
      expect(() => holdFolder(at.own, markOf(at.own, firm), firm)).toThrow(/replaced/)
    })
  })
})
