/**
 * The files of the first screen: those that the page names, the entry's start module, and their imports. The others
 * are loaded later.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of the first screen and of all files. `root`: of the project. */
export function firstScreen(root: string): { bytes: number; allBytes: number } {
  const renderer = join(root, 'out/renderer')
  const assets = join(renderer, 'assets')
  const all = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name))
  const html = readFileSync(join(renderer, 'index.html'), 'utf8')
  const names = new Set<string>()
  const visit = (name: string) => {
    if (names.has(name)) return
    names.add(name)
    if (!name.endsWith('.js')) return
    const text = readFileSync(join(assets, name), 'utf8')
    for (const [, next] of text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g)) visit(next)
  }
  for (const name of all) if (html.includes(name) || /^start-.*\.(js|css)$/.test(name)) visit(name)
  const bytesOf = (some: readonly string[]) =>
    some.reduce((sum, name) => sum + statSync(join(assets, name)).size, 0)
  return { bytes: bytesOf([...names]), allBytes: bytesOf(all) }
}
