import { type AnnotationClass, ClassList } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { stemOf } from '#shared/model/paths.ts'
import { fieldsOf, isJsonObject } from './carry.ts'
import { stemGiver, withStem } from './common.ts'
import { UNIT_SIZE } from './sizes.ts'
import { splitOfFolders, splitOfWord } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelHead,
  LabelSource,
  OpenContext,
} from './types.ts'
import { requireNames, sortYolo, type YoloFiles, yoloPlaces } from './yolo-dataset.ts'
import type { YoloKind } from './yolo-lines.ts'
import type { YoloNames } from './yolo-names.ts'
import { readYoloText } from './yolo-read.ts'
import { type LineForm, type LineTally, provenForms, tallyOf, trackedForms } from './yolo-tally.ts'
import { dataYaml, yoloLines, yoloNumbers } from './yolo-write.ts'

// The layout: https://docs.ultralytics.com/datasets/

interface YoloEntry extends LabelEntry {
  /** null: an image without a label file, which trainers take for background. */
  source: InputFile | null
}

/** The classes that files declare, with their joints. */
function classesOf(files: YoloFiles): { classes: AnnotationClass[]; numbers: JsonObject } {
  const classes = new ClassList()
  const numbers: JsonObject = {}
  for (const { names } of files.classes) {
    if (!names) continue
    const numbered = [...names.byNumber].sort(([a], [b]) => a - b)
    for (const [number, name] of numbered) {
      numbers[name] ??= number
      addSkeleton(classes.add(name), names, number)
    }
  }
  for (const { names } of files.classes)
    for (const number of names?.byNumber.keys() ?? [])
      for (const joint of names?.jointsOf(number) ?? []) classes.add(joint)
  return { classes: classes.all, numbers }
}

function addSkeleton(
  target: AnnotationClass,
  { jointsOf, edges, pairs, jointCount }: YoloNames,
  number: number,
): void {
  if (jointCount === 0 || target.skeleton) return
  target.skeleton = {
    nodes: jointsOf(number).map((joint) => ({ name: joint })),
    edges: edges.filter((edge) => edge.every((index) => index >= 0 && index < jointCount)),
    ...(pairs && { pairs }),
  }
}

const withoutLabels = (path: string) => path.replace(/(^|\/)labels\//i, '$1')

const stemKey = (path: string) => stemOf(path.normalize('NFC'))

/** Finds the images of a stem. Case counts, unless no image has the stem as it is written. */
function imagesByStem(paths: readonly string[]): (place: string) => readonly string[] {
  const exact = Map.groupBy(paths, stemKey)
  const folded = Map.groupBy(paths, (path) => stemKey(path).toLowerCase())
  return (place) => exact.get(stemKey(place)) ?? folded.get(stemKey(place).toLowerCase()) ?? []
}

const isOneStem = (paths: readonly string[]) => new Set(paths.map(stemKey)).size === 1

/** For each label file, the forms of lines in which a 1 at the end is the number of a track. */
function* formsOf(
  labels: readonly InputFile[],
): Generator<void, (file: InputFile) => ReadonlySet<LineForm>> {
  const tallies = new Map<InputFile, LineTally>()
  for (const file of labels) {
    yield
    try {
      tallies.set(file, tallyOf(file))
    } catch {
      // Reading its labels tells what is wrong with it.
    } finally {
      file.close?.()
    }
  }
  const proven = provenForms(tallies.values())
  return (file) => {
    const tally = tallies.get(file)
    return tally ? trackedForms(tally, proven) : proven
  }
}

function* openYolo(
  kind: YoloKind,
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<YoloEntry>> {
  const sorted = yield* sortYolo(files, context)
  const { classes, numbers } = classesOf(sorted)
  const covered = new Set<string>()
  const imagesOf = imagesByStem(context.imagePaths)
  const entries = sorted.labels.flatMap((file): YoloEntry[] => {
    const places = yoloPlaces(file.path)
    for (const place of places) for (const path of imagesOf(place)) covered.add(path)
    const split = sorted.splitOf(places[0]) ?? splitOfFolders(file.path)
    const entry = { file: file.path, source: file, ...(split && { split }) }
    const own = places.map(imagesOf).find((paths) => paths.length > 0) ?? []
    // Images that differ by their extension alone share one label file.
    if (own.length > 1 && isOneStem(own))
      return own.map((path) => ({ ...entry, places: [path], name: path }))
    return [{ ...entry, places, name: `${stemOf(withoutLabels(file.path))}.*` }]
  })
  for (const path of context.imagePaths) {
    if (covered.has(path)) continue
    const split = sorted.splitOf(path) ?? splitOfFolders(path)
    entries.push({ file: '', source: null, places: [path], name: path, ...(split && { split }) })
  }
  const trackedFormsOf = yield* formsOf(sorted.labels)
  return {
    classes,
    extra: { yolo: { values: sorted.values, called: sorted.called, numbers } as Json },
    entries,
    read(entry, size, fail, losses) {
      if (!entry.source) return { annotations: [] }
      const names = requireNames(sorted.namesOf(entry.file))
      const annotations = readYoloText(
        textOf(entry.source),
        {
          kind,
          names,
          size: size ?? UNIT_SIZE,
          losses,
          where: entry.file,
          classes,
          trackedForms: trackedFormsOf(entry.source),
        },
        fail,
      )
      return { annotations }
    },
  }
}

const NO_VAL =
  'no image is in val: data.yaml names the training images for it, so scores of a training mean little'

/** The data.yaml that the labels came from had no other images for val. */
function namesTrainTwice({ extra }: LabelHead): boolean {
  const { values } = fieldsOf(extra, 'yolo')
  return isJsonObject(values) && values.val !== undefined && values.val === values.train
}

/** A path without the folders that the layout has itself: a second `/images/` would be taken for the first. */
function ownPath(path: string, split: Split): string {
  const parts = path.split('/')
  return parts
    .filter((part, index) => {
      if (index === parts.length - 1) return true
      return !/^(?:images|labels)$/i.test(part) && splitOfWord(part) !== split
    })
    .join('/')
}

function yoloFormat(kind: YoloKind, label: string): Format<YoloEntry> {
  return {
    id: kind,
    label,
    extraKey: 'yolo',
    needs: 'fraction',
    keeps: { split: true, attributes: kind === 'yolo_pose' },
    // Told by all files together (detect.ts).
    recognise: () => null,
    open: (files, context) => openYolo(kind, files, context),
    placer: () => {
      const stemFor = stemGiver()
      return ({ path, split }) => {
        const folder = split ?? 'train'
        const own = `${folder}/${ownPath(path, folder)}`
        const stem = stemFor(own)
        return { image: `images/${withStem(own, stem)}`, label: `labels/${stem}` }
      }
    },
    writer: ({ head, losses, folder }) => {
      const numbers = yoloNumbers(head, kind)
      const splits = new Set<Split>()
      return {
        *write(image, place) {
          const split = image.split ?? 'train'
          splits.add(split)
          if (!place.label.endsWith(`/${stemOf(ownPath(image.path, split))}`))
            losses.add('images that differ by extension alone are renamed', image.path)
          const content = yoloLines(image, { kind, head, numbers, losses })
          // No file means "not labelled"; an empty one means "labelled: nothing here".
          const isLooked =
            image.isLabelled || image.stage === 'review' || image.stage === 'complete'
          if (content !== '' || isLooked) yield { path: `${place.label}.txt`, content }
        },
        *end() {
          if (splits.size > 0 && !splits.has('val') && !namesTrainTwice(head))
            losses.add(NO_VAL, 'data.yaml')
          yield { path: 'data.yaml', content: dataYaml(head, kind, numbers, splits, folder) }
        },
      }
    },
  }
}

export const yolo = yoloFormat('yolo', 'YOLO detect')
export const yoloSeg = yoloFormat('yolo_seg', 'YOLO segment')
export const yoloPose = yoloFormat('yolo_pose', 'YOLO pose')
export const yoloObb = yoloFormat('yolo_obb', 'YOLO OBB')
