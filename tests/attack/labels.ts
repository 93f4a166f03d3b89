import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { detect } from '#core/formats/detect.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { atOnce, openLabels } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID, FORMAT_LIST } from '#core/formats/registry.ts'
import { memoryFile } from '#core/formats/text.ts'
import { wholeFiles, writeLabels } from '#core/formats/write-labels.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { FormatId } from '#shared/model/format.ts'
import type { AttackKind } from './kind.ts'
import { requireTold } from './kind.ts'
import { mutateBytes, mutateJson, mutateText } from './mutate.ts'

const IMAGES = ['a.png', 'b/c.png']
const SIZE = { width: 64, height: 48 }

/** Each format's own files of a small dataset with every kind of shape. */
function examples(): Map<FormatId, Record<string, Buffer>> {
  const points = [
    { x: 5, y: 5 },
    { x: 30, y: 8 },
    { x: 20, y: 40 },
  ]
  const shapes = () => [
    newAnnotation({ kind: 'bbox', x: 4, y: 5, w: 20, h: 10 }, 'car', {
      attributes: { colour: 'red' },
    }),
    newAnnotation({ kind: 'polygon', rings: [points] }, 'tree'),
    newAnnotation({ kind: 'polyline', points }, 'lane', { instanceId: 3 }),
    newAnnotation({ kind: 'keypoint', x: 9, y: 9 }, 'nose', { instanceId: 4 }),
  ]
  const images = IMAGES.map((path) => ({ path, ...SIZE, annotations: shapes(), isLabelled: true }))
  const set = { name: 'set', classes: withClassNames([], ['car', 'tree', 'lane', 'nose']), images }
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  return new Map(
    FORMAT_LIST.map(({ id }) => {
      const pieces = [...wholeFiles(writeLabels(FORMAT_BY_ID[id], set, options, new LossLog()))]
      return [
        id,
        Object.fromEntries(
          pieces.map(({ path, content }) => [
            path,
            typeof content === 'string' ? Buffer.from(content) : Buffer.from(content),
          ]),
        ),
      ]
    }),
  )
}

export const labels: AttackKind = {
  // They are read in a process of their own, which nobody waits for.
  limits: { silentMs: 8_000, timeMs: 20_000, growthBytes: 800_000_000 },
  share: 40,
  async prepare() {
    const all = examples()
    const ids = [...all.keys()].filter((id) => Object.keys(all.get(id) ?? {}).length > 0)
    return {
      async run(dice, { input }) {
        const id = dice.one(ids)
        const files = { ...all.get(id) }
        const path = dice.one(Object.keys(files))
        const bytes = files[path]
        const text = bytes.toString('utf8')
        const isJson = /^\s*[[{]/.test(text)
        files[path] = dice.chance(0.2)
          ? mutateBytes(dice, bytes)
          : Buffer.from((isJson && dice.chance(0.85) ? mutateJson : mutateText)(dice, text))
        for (const [name, content] of Object.entries(files))
          await writeFile(join(input, `${id}.${name.replaceAll('/', '_')}`), content)
        const inputs = Object.entries(files).map(([name, content]) => memoryFile(name, content))
        const known = IMAGES.map((name) => ({ path: name, ...SIZE }))
        const failures: string[] = []
        for (const format of new Set([id, dice.one(ids)])) {
          try {
            const opened = atOnce(openLabels(FORMAT_BY_ID[format], inputs, known, new LossLog()))
            const { images, failed } = opened.readAll()
            failures.push(...failed.map(({ message }) => message))
            for (const { annotations } of images) {
              if (JSON.stringify(annotations).length > 100_000_000)
                throw new Error('Labels of one image take more than 100 MB')
            }
          } catch (error) {
            requireTold(error)
            failures.push(String(error))
          }
        }
        try {
          atOnce(detect(inputs))
        } catch (error) {
          requireTold(error)
        }
        for (const message of failures) {
          requireTold(message)
          if (message.length > 2_000)
            throw new Error(`A message of ${message.length} characters: ${message.slice(0, 300)}`)
        }
      },
    }
  },
}
