import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { SetAside } from './set-aside.ts'
import { type Work, WorkInHand } from './work-in-hand.ts'

const UPLOAD: Work = { kind: 'upload', id: 't1', name: 'Cars' }
const FOLDER: Work = { kind: 'folder', id: 'd1', name: 'photos' }

describe('work in hand', () => {
  test('is known to the next run after a crash, without what had ended', () => {
    using folder = temporaryFolder()
    const run = new WorkInHand(folder.path)
    run.begin(UPLOAD)
    const folderWork = run.begin(FOLDER)
    run.begin({ kind: 'import', id: 'd2', name: 'x' })[Symbol.dispose]()
    expect(new WorkInHand(folder.path).left).toEqual([UPLOAD, FOLDER])
    folderWork[Symbol.dispose]()
    // Only what the last run had in hand counts.
    expect(new WorkInHand(folder.path).left).toEqual([])
  })

  test('leaves nothing after an ordinary end', () => {
    using folder = temporaryFolder()
    {
      using run = new WorkInHand(folder.path)
      run.begin(UPLOAD)
    }
    expect(new WorkInHand(folder.path).left).toEqual([])
  })

  test('survives any name, and stays small', () => {
    using folder = temporaryFolder()
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100_000 }), (name) => {
        const run = new WorkInHand(folder.path)
        run.begin({ ...UPLOAD, name: name.repeat(3) })
        run.begin(FOLDER)
        const { left } = new WorkInHand(folder.path)
        expect(left).toHaveLength(2)
        expect(left[0].id).toBe('t1')
        expect(left[1]).toEqual(FOLDER)
      }),
      { numRuns: 50 },
    )
    const run = new WorkInHand(folder.path)
    for (let n = 0; n < 1_000; n++) run.begin({ ...UPLOAD, name: '\u0000'.repeat(10_000) })
    expect(statSync(join(folder.path, 'work-in-hand')).size).toBeLessThanOrEqual(32_768)
  })

  test('is nothing if the file is damaged', () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'work-in-hand'), `${'{"kind":"upload"}'.padEnd(512)}{nonsense`)
    expect(new WorkInHand(folder.path).left).toEqual([])
  })
})

describe('what a crash set aside', () => {
  const crashed = (endedBecause: string | null, left: Work[]) =>
    new SetAside(endedBecause, { left })

  test('is named to the user', () => {
    expect(crashed('it ran out of memory', [UPLOAD, FOLDER]).notice()).toBe(
      'The app’s engine ended (it ran out of memory) and was started again. What was saved is on disk. It was busy with the upload to “Cars” and reading the folder “photos”, which does not continue by itself.',
    )
    expect(crashed('SIGSEGV', []).notice()).not.toContain('busy')
  })

  test('is nothing when there was no crash', () => {
    const aside = crashed(null, [UPLOAD, FOLDER])
    expect(aside.notice()).toBeNull()
    expect(aside.ids('upload')).toEqual([])
    aside.refuseOnce('folder', 'd1', '')
  })

  test('is opened again only when the user insists', () => {
    const aside = crashed('SIGSEGV', [FOLDER])
    aside.refuseOnce('folder', 'other', '')
    expect(() => aside.refuseOnce('folder', 'd1', 'Again.')).toThrow(/SIGSEGV.*photos.*Again/)
    aside.refuseOnce('folder', 'd1', 'Again.')
  })
})
