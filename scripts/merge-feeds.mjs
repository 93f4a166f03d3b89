// If each architecture was built on its own machine, each update feed lists only that architecture's files.
// `merge-feeds.mjs FOLDER...` merges feeds of the same name and writes them to `feed`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

const feeds = new Map()
for (const folder of process.argv.slice(2).filter(existsSync))
  for (const name of readdirSync(folder).filter((file) => /^latest.*\.yml$/.test(file))) {
    const feed = parse(readFileSync(join(folder, name), 'utf8'))
    const known = feeds.get(name)
    if (known && known.version !== feed.version)
      throw new Error(`${name} of ${folder} is of ${feed.version}, another of ${known.version}`)
    feeds.set(name, known ? { ...known, files: [...known.files, ...feed.files] } : feed)
  }
mkdirSync('feed', { recursive: true })
for (const [name, feed] of feeds) writeFileSync(join('feed', name), stringify(feed))
process.stdout.write(`${[...feeds.keys()].join(', ') || 'no feed'}\n`)
