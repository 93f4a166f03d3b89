// The catalogue of the interface's texts: finds every `t('…')`, `plural(…, '…', '…')` and `counted(…, '…')` in the page and in Electron's
// glue, and writes shared/texts/en.json, which is what a translator begins with. `--check` says whether it is up to date, and that
// no other catalogue lacks a text or has one too many.
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const folder = join(root, 'shared/texts')
const problems = []
const texts = new Set()
const nouns = new Map()
/** Sentences with a count, by their other form. */
const sentences = new Map()

const WITH_TEXTS = [
  'renderer/**/*.{ts,tsx}',
  'electron/host-electron/*.ts',
  'electron/main.ts',
  // Texts of the model that the page shows, too.
  'shared/model/*.ts',
]
for (const file of globSync(WITH_TEXTS, { cwd: root })) {
  if (file.endsWith('.test.ts')) continue
  const { program } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  new Visitor({
    CallExpression({ callee, arguments: args }) {
      if (callee.type !== 'Identifier') return
      if (callee.name === 't') {
        const [text] = args
        if (text?.type === 'Literal' && typeof text.value === 'string') texts.add(text.value)
        else problems.push(`${file}: t() takes a text that stands there: no other is found`)
      }
      if (callee.name === 'plural') {
        const [, one, other] = args.map((argument) => argument.value)
        if (typeof one === 'string' && typeof other === 'string')
          sentences.set(other, { one, other })
        else
          problems.push(`${file}: plural() takes two texts that stand there: no others are found`)
      }
      if (callee.name === 'counted') {
        const [, noun, plural] = args.map((argument) => argument.value)
        if (typeof noun === 'string') nouns.set(noun, plural ?? `${noun}s`)
        else problems.push(`${file}: counted() takes a noun that stands there: no other is found`)
      }
    },
  }).visit(program)
}

const byText = (a, b) => (a < b ? -1 : 1)
const catalogue = {
  texts: Object.fromEntries([...texts].sort(byText).map((text) => [text, text])),
  plurals: Object.fromEntries(
    [
      ...[...nouns].map(([one, other]) => [
        one,
        { one: `{count} ${one}`, other: `{count} ${other}` },
      ]),
      ...sentences,
    ].sort(([a], [b]) => byText(a, b)),
  ),
}
const english = `${JSON.stringify(catalogue, null, 2)}\n`
const place = join(folder, 'en.json')

if (process.argv.includes('--check')) {
  if (readFileSync(place, 'utf8') !== english)
    problems.push('shared/texts/en.json is not what the code says: run `npm run texts`')
  for (const name of readdirSync(folder).filter((file) => /^(?!en\.).*\.json$/.test(file))) {
    const other = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    for (const part of ['texts', 'plurals']) {
      const [ours, theirs] = [Object.keys(catalogue[part]), Object.keys(other[part])]
      for (const key of ours.filter((one) => !(one in other[part])))
        problems.push(`${name} lacks “${key}”`)
      for (const key of theirs.filter((one) => !(one in catalogue[part])))
        problems.push(`${name} has “${key}”, which nothing says any more`)
    }
  }
} else writeFileSync(place, english)

process.stdout.write(problems.map((problem) => `${problem}\n`).join(''))
process.exit(problems.length > 0 ? 1 : 0)
