import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_LIST } from '#core/formats/registry.ts'
import { runExport } from '#core/library/export-job.ts'
import { SafeNames } from '#core/safe-names.ts'
import { terminalLine } from '#core/terminal-text.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { AttackKind } from './kind.ts'
import { requireTold } from './kind.ts'
import { hostileName } from './mutate.ts'

const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
/** Bytes of a name on the usual disks. */
const LONGEST = 255

function check(path: string): void {
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..')
      throw new Error(`A segment “${segment}”`)
    if (/[\\:*?"<>|\p{Cc}]/u.test(segment))
      throw new Error(`A forbidden character: ${JSON.stringify(segment)}`)
    if (DEVICE.test(segment)) throw new Error(`A device: ${segment}`)
    if (/[. ]$/.test(segment)) throw new Error(`Windows cuts this off: ${JSON.stringify(segment)}`)
    if (segment.startsWith('.')) throw new Error(`Hidden: ${segment}`)
    if (Buffer.byteLength(segment) > LONGEST) throw new Error(`${Buffer.byteLength(segment)} bytes`)
  }
}

export const names: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 20_000, growthBytes: 300_000_000 },
  share: 6,
  async prepare() {
    return {
      async run(dice, { input, target }) {
        const all = Array.from({ length: 1 + dice.below(30) }, () => hostileName(dice))
        await writeFile(join(input, 'names.json'), JSON.stringify(all))
        const safe = SafeNames.forTarget()
        const seen = new Set<string>()
        const assigned = all.map((name) => safe.assign(name))
        for (const path of assigned) {
          check(path)
          const key = path.normalize('NFKC').toLowerCase()
          if (seen.has(key)) throw new Error(`Twice: ${JSON.stringify(path)}`)
          seen.add(key)
        }
        for (const name of all)
          if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(terminalLine(name)))
            throw new Error(`A control character reaches the terminal: ${JSON.stringify(name)}`)
        // Names from a library are cleaned when they come in; the export must hold even if they were not.
        const images = all.slice(0, 6).map((path) => ({
          path,
          width: 64,
          height: 48,
          annotations: [
            newAnnotation(
              { kind: 'bbox', x: 1, y: 1, w: 5, h: 5 },
              hostileName(dice).slice(0, 300),
            ),
          ],
          isLabelled: true,
        }))
        const job = {
          set: { name: hostileName(dice), classes: withClassNames([], []), images },
          files: images.map(() => null),
          folder: target,
          format: dice.one(FORMAT_LIST).id,
          images: 'none' as const,
          options: { clampToImage: false, vocPixelOrigin: 0 as const },
        }
        try {
          for await (const _step of runExport(job, new LossLog()));
        } catch (error) {
          requireTold(error)
        }
      },
    }
  },
}
