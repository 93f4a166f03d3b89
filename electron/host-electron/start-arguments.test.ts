import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startArguments } from './start-arguments.ts'

const cwd = resolve('/home/ada')

test.each([
  ['a package', true, ['app'], []],
  ['a checkout', false, ['electron', '/checkout'], ['/checkout']],
  [
    'a checkout with switches before its folder',
    false,
    ['electron', '--no-sandbox', '/checkout'],
    ['--no-sandbox', '/checkout'],
  ],
])(
  'the folder to be opened is found in %s, and all the rest is kept for another start',
  (_name, isPackaged, before, others) => {
    const at = { cwd, isPackaged }
    expect(startArguments(before, at)).toMatchObject({ target: null, others })
    const given = ['--data', 'library', 'pictures', '--ozone-platform=x11']
    expect(startArguments([...before, ...given], at)).toEqual({
      dataDir: resolve(cwd, 'library'),
      target: resolve(cwd, 'pictures'),
      others: [...others, '--data', 'library', '--ozone-platform=x11'],
    })
  },
)
