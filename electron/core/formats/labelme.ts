import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { fieldsOf, isJsonObject } from './carry.ts'
import { stemGiver, withStem } from './common.ts'
import { sizeOf, textOfField } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, pathBeside, sharedNames } from './image-lookup.ts'
import { parseJson } from './json-fault.ts'
import { isLabelmeJson, labelmeTop, readLabelmeShapes } from './labelme-read.ts'
import type { Dialect } from './labelme-shape.ts'
import { labelmeFile } from './labelme-write.ts'
import { hasOwnBox, objectsOf } from './objects.ts'
import { splitOfFolders } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  LabelEntry,
  LabelSource,
  OpenContext,
  ReadLabels,
} from './types.ts'

interface LabelmeEntry extends LabelEntry {
  source: InputFile
}

/** Where the image may lie: what the file names, from its folder; then beside it, then by the file's own name. */
function placesOf(file: string, imagePath: string | null): string[] {
  const beside = `${stemOf(file)}.*`
  if (imagePath === null) return [beside]
  const clean = cleanReference(imagePath)
  const near = joinPath(directoryOf(file), fileNameOf(clean))
  return clean.startsWith('/') ? [near, beside] : [pathBeside(file, imagePath), near, beside]
}

function* openLabelme(
  files: readonly InputFile[],
  context: OpenContext,
  dialect: Dialect,
): Generator<void, LabelSource<LabelmeEntry>> {
  const entries: LabelmeEntry[] = []
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue
    yield
    try {
      const json = parseJson(textOf(file))
      if (!isLabelmeJson(json))
        throw new FormatError('shapes', 'is missing: not a labelme or X-AnyLabeling file')
      const imagePath = textOfField(json.imagePath)
      const split = splitOfFolders(file.path)
      entries.push({
        file: file.path,
        source: file,
        name: imagePath ?? `${fileNameOf(stemOf(file.path))}.*`,
        places: placesOf(file.path, imagePath),
        size: sizeOf(json.imageWidth, json.imageHeight),
        ...(split && { split }),
      })
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  // A name that several files of one folder give was left over from a copy: each is for the image of its own name.
  for (const entry of sharedNames(entries)) {
    const own = placesOf(entry.file, null)
    entry.places = [...own, ...entry.places]
  }
  const read = (
    { source }: LabelmeEntry,
    _size: unknown,
    fail: (field: string, error: unknown) => void,
  ): ReadLabels => {
    const json = parseJson(textOf(source))
    if (!isJsonObject(json)) throw new FormatError('shapes', 'is missing')
    const annotations = readLabelmeShapes(json, dialect, fail)
    const tags = Array.isArray(json.tags) ? json.tags.filter((tag) => typeof tag === 'string') : []
    return {
      annotations,
      ...(json.checked === true && { stage: 'complete' as const }),
      ...(tags.length > 0 && { tags }),
      extra: { labelme: { ...labelmeTop(json), dialect } as Json },
    }
  }
  return { classes: [], entries, read }
}

function labelmeFormat(dialect: Dialect, label: string): Format<LabelmeEntry> {
  const x = dialect === 'xanylabeling'
  return {
    id: dialect,
    label,
    extraKey: 'labelme',
    needs: 'pixels',
    keeps: { attributes: true, confidence: true, instances: true, tags: x, stage: x },
    recognise: ({ keys, inner }) => {
      const isShapes =
        keys.has('shapes') &&
        (keys.has('imagePath') || keys.has('version') || keys.has('imageHeight'))
      if (!isShapes) return null
      const isX = keys.has('checked') || inner('shapes').has('kie_linking')
      return isX === x ? 'shapes with labels' : null
    },
    open: (files, context) => openLabelme(files, context, dialect),
    placer: () => {
      const stemFor = stemGiver()
      return ({ path }) => {
        const label = stemFor(path)
        return { image: withStem(path, label), label }
      }
    },
    writer: ({ head, losses }) => ({
      *write(image, { image: name, label }) {
        if (name !== image.path)
          losses.add('images that differ by extension alone are renamed', image.path)
        if (objectsOf(image.annotations, head.classes).some(hasOwnBox))
          losses.add('boxes that are not the bounds of their parts have no place here', image.path)
        const { dialect: before, version, ...others } = fieldsOf(image.extra, 'labelme')
        const top = before === dialect && version !== undefined ? { version, ...others } : others
        yield {
          path: `${label}.json`,
          content: labelmeFile(image, fileNameOf(name), dialect, losses, top),
        }
      },
      *end() {},
    }),
  }
}

export const labelme = labelmeFormat('labelme', 'labelme')
export const xanylabeling = labelmeFormat('xanylabeling', 'X-AnyLabeling')
