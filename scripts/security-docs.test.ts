import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const DOCS = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })]

/** Links of a page to files of the project: `[text](path#place)`. */
function links(file: string): { text: string; path: string }[] {
  const found = read(file).matchAll(/\[((?:[^\]]|\](?!\())*)\]\(([^)\s]+)\)/g)
  return [...found]
    .filter(([, , to]) => !/^(?:[a-z]+:|#)/.test(to))
    .map(([, text, to]) => ({ text, path: join(dirname(file), to.split('#')[0]) }))
}

const isTest = (path: string) => /\.(?:test|spec)\.ts$/.test(path)
const isProof = (path: string) => isTest(path) || path.startsWith('tests/attack/')

test.each(DOCS)('every file that %s links exists', (file) => {
  expect(links(file).filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('docs/client.md links tests by words that they contain', () => {
  const named = links('docs/client.md').filter(
    ({ text, path }) => isTest(path) && !text.includes('.ts'),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ text, path }) => !read(path).includes(text))).toEqual([])
})

test('each promise of docs/security.md links a test or a generator of attacks', () => {
  const [, ...sections] = read('docs/security.md').split(/^## /m)
  const promises = sections
    .filter((section) => !section.startsWith('What is not protected'))
    .flatMap((section) => {
      const body = section.slice(section.indexOf('\n'))
      // A paragraph, an entry of a list with its further lines, or a row of a table.
      return body.split(/\n\n|\n(?=- |\| )/).map((part) => part.trim())
    })
    .filter((part) => part !== '' && !/^\| (?:what|---)/.test(part))
  expect(promises.length).toBeGreaterThan(40)
  const links = (part: string) => [...part.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path]) => path)
  const isShown = (part: string) =>
    links(part).some(isProof) || part.includes('npm run package:check')
  const isIntroduction = (part: string) => part.startsWith('Only the user at the machine')
  expect(promises.filter((part) => !isShown(part) && !isIntroduction(part))).toEqual([])
})

test('the page writes text, never HTML', () => {
  const files = globSync('renderer/**/*.{ts,tsx}', { cwd: ROOT }).filter((file) => !isTest(file))
  expect(files.length).toBeGreaterThan(100)
  const writes = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/i
  expect(files.filter((file) => writes.test(read(file)))).toEqual([])
})
