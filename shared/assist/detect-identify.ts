import { guessedClasses, parsePythonNames, parsePythonNumbers } from './class-names.ts'
import type { Detector, DetectTask } from './detector.ts'
import { BYTES, IMAGENET, UNIT } from './fit-picture.ts'
import { type KnownModel, type KnownTensor, knownModel, type SaidOfModel } from './model-facts.ts'

/** What else is known of a model. */
export interface ModelHints {
  /** Its file's name, which tells D-FINE from RT-DETRv2. */
  fileName?: string
  /** Its classes, where whoever made it said them elsewhere. */
  classes?: readonly string[]
}

export type Identified = { detector: Detector } | { problem: string }

/** The side of an input that a model leaves open and says nowhere, pixels. */
const USUAL_SIDE = 640
/** Of Ultralytics' segments: coefficients of an object. */
const COEFFICIENTS = 32
const YOLOX_STRIDES = [8, 16, 32]

type Dims = readonly (number | null)[]

const is = (dim: number | null | undefined, value: number) => dim === value || dim === null

const shown = ({ name, dims }: KnownTensor) =>
  `${name} [${dims.map((dim) => dim ?? '?').join(', ')}]`

const NO_OUTPUTS = { scores: null, labels: null, masks: null, keypoints: null }

/** The input that takes a picture, and its size. */
function pictureInput(facts: KnownModel) {
  const input = facts.inputs.find(
    ({ dims }) => dims.length === 4 && is(dims[1], 3) && is(dims[0], 1),
  )
  if (!input) return null
  const said = parsePythonNumbers(facts.metadata.imgsz)
  const height = input.dims[2] ?? said?.[0] ?? USUAL_SIDE
  const width = input.dims[3] ?? said?.[1] ?? said?.[0] ?? USUAL_SIDE
  return { name: input.name, width, height }
}

/** Cells of grids with these strides. */
const cells = (strides: readonly number[], width: number, height: number) =>
  strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0)

/** The classes of a model of `count` classes, and how they are known. */
function classesOf(count: number, facts: KnownModel, hints: ModelHints) {
  const named = facts.metadata.names ? parsePythonNames(facts.metadata.names) : null
  if (named?.length === count) return { classes: named, source: 'its metadata name its classes' }
  if (hints.classes?.length === count)
    return { classes: [...hints.classes], source: 'its classes are known from where it came' }
  return guessedClasses(count)
}

const ULTRALYTICS_TASKS: Readonly<Record<string, DetectTask>> = {
  detect: 'boxes',
  segment: 'segments',
  pose: 'poses',
  obb: 'oriented boxes',
}

/** Values of an object besides the box and the classes. */
function extraValues(task: DetectTask, keypoints: Detector['keypoints']): number {
  if (task === 'segments') return COEFFICIENTS
  if (task === 'poses') return keypoints ? keypoints.count * keypoints.values : 0
  return task === 'oriented boxes' ? 1 : 0
}

/** Ultralytics' models say of themselves what they do. */
function identifyUltralytics(facts: KnownModel): Identified | null {
  const { metadata, outputs } = facts
  const word = metadata.task
  if (word === undefined || metadata.names === undefined) return null
  const task = ULTRALYTICS_TASKS[word]
  if (!task)
    return { problem: `It is an Ultralytics model for the task “${word}”, which finds no shapes.` }
  const classes = parsePythonNames(metadata.names)
  const picture = pictureInput(facts)
  const [main, second] = outputs
  if (!classes || !picture || main?.dims.length !== 3)
    return { problem: 'It says that it is an Ultralytics model, but its form is another.' }
  const shape = parsePythonNumbers(metadata.kpt_shape)
  const keypoints = task === 'poses' && shape ? { count: shape[0], values: shape[1] ?? 2 } : null
  const extra = extraValues(task, keypoints)
  const common = {
    task,
    classes,
    keypoints,
    sizeInput: null,
    outputs: {
      ...NO_OUTPUTS,
      main: main.name,
      masks: task === 'segments' ? (second?.name ?? null) : null,
    },
  }
  if (task === 'segments' && second?.dims.length !== 4)
    return { problem: 'It says that it finds segments, but it has no output of masks.' }
  const [, a, b] = main.dims
  const says = `its metadata say the task “${word}” and ${classes.length} classes, its output is ${shown(main)}`
  if (/rt-?detr/i.test(`${metadata.description ?? ''}`) && is(b, 4 + classes.length))
    return {
      detector: {
        ...common,
        family: 'rt-detr',
        title: 'RT-DETR by Ultralytics',
        why: `${says}, and its description says RT-DETR`,
        input: { ...picture, ...UNIT, fit: 'stretch', fill: 0, order: 'rgb' },
        usualConfidence: 0.5,
        usualOverlap: null,
      },
    }
  const yolo = {
    ...common,
    input: { ...picture, ...UNIT, fit: 'letterbox-centre', fill: 114, order: 'rgb' },
    usualConfidence: 0.25,
  } as const
  const isWide = is(a, 4 + classes.length + extra)
  const isEndToEnd = metadata.end2end === 'True' || !isWide
  if (isEndToEnd && is(b, 6 + extra))
    return {
      detector: {
        ...yolo,
        family: 'yolo-end2end',
        title: `Ultralytics YOLO without overlaps, ${task}`,
        why: `${says}: one object a row`,
        usualOverlap: null,
      },
    }
  if (!isWide)
    return {
      problem: `It is an Ultralytics model, but its output ${shown(main)} does not fit ${classes.length} classes. Export it with a newer version of Ultralytics (8 or later).`,
    }
  return {
    detector: {
      ...yolo,
      family: 'yolo',
      title: `Ultralytics YOLO, ${task}`,
      why: `${says}: one object a column`,
      usualOverlap: 0.7,
    },
  }
}

/** RT-DETRv2 and D-FINE: they are given the size, and answer labels, corners and scores. */
function identifyLabelled(facts: KnownModel, hints: ModelHints): Identified | null {
  const picture = pictureInput(facts)
  const sizeInput = facts.inputs.find(({ name }) => name === 'orig_target_sizes')
  const named = (name: string) => facts.outputs.find((output) => output.name === name)
  const [labels, boxes, scores] = [named('labels'), named('boxes'), named('scores')]
  if (!picture || !sizeInput || !labels || !boxes || !scores) return null
  const about = `${hints.fileName ?? ''} ${Object.values(facts.metadata).join(' ')}`
  const isFine = /d-?fine|deim/i.test(about)
  // Its outputs do not tell how many classes there are.
  const { classes, source } = hints.classes
    ? { classes: [...hints.classes], source: 'its classes are known from where it came' }
    : classesOf(80, facts, hints)
  return {
    detector: {
      family: 'labels-boxes-scores',
      task: 'boxes',
      title: isFine ? 'D-FINE' : 'RT-DETRv2',
      why: `it takes “orig_target_sizes” and answers labels, boxes and scores; ${
        isFine ? 'its name says D-FINE' : 'nothing says that it is D-FINE, which has the same form'
      }; ${source}`,
      input: {
        ...picture,
        ...UNIT,
        fit: isFine ? 'letterbox-centre' : 'stretch',
        fill: 0,
        order: 'rgb',
      },
      sizeInput: sizeInput.name,
      outputs: { ...NO_OUTPUTS, main: boxes.name, scores: scores.name, labels: labels.name },
      classes,
      keypoints: null,
      usualConfidence: isFine ? 0.4 : 0.6,
      usualOverlap: null,
    },
  }
}

/** RF-DETR: the first output of three dimensions and width 4 is the boxes. */
function identifyRfDetr(facts: KnownModel, hints: ModelHints): Identified | null {
  const picture = pictureInput(facts)
  const boxes = facts.outputs.find(({ dims }) => dims.length === 3 && dims[2] === 4)
  const logits = facts.outputs.find((output) => output !== boxes && output.dims.length === 3)
  const width = logits?.dims[2]
  if (!picture || !boxes || !logits || typeof width !== 'number' || width < 2) return null
  const more = facts.outputs.find(({ dims }) => dims.length === 4)
  // Keypoints have a few values each; a mask as narrow as that there is not.
  const isKeypoints = more !== undefined && typeof more.dims[3] === 'number' && more.dims[3] <= 4
  const [, , slots, values] = more?.dims ?? []
  const { classes, source } = classesOf(width - 1, facts, hints)
  return {
    detector: {
      family: 'rf-detr',
      task: more ? (isKeypoints ? 'poses' : 'segments') : 'boxes',
      title: 'RF-DETR',
      why: `${shown(boxes)} is boxes, ${shown(logits)} their ${width - 1} classes and the background${
        more ? `, ${shown(more)} their ${isKeypoints ? 'keypoints' : 'masks'}` : ''
      }; ${source}`,
      input: { ...picture, ...IMAGENET, fit: 'stretch', fill: 0, order: 'rgb' },
      sizeInput: null,
      outputs: {
        ...NO_OUTPUTS,
        main: boxes.name,
        scores: logits.name,
        masks: more && !isKeypoints ? more.name : null,
        keypoints: more && isKeypoints ? more.name : null,
      },
      classes,
      keypoints: isKeypoints && slots && values ? { count: slots, values } : null,
      usualConfidence: 0.5,
      usualOverlap: null,
    },
  }
}

/** Models of one output of three dimensions that say nothing of themselves: which of the two is their number of cells? */
function identifyByGrid(facts: KnownModel, hints: ModelHints): Identified | null {
  const picture = pictureInput(facts)
  const [main, ...others] = facts.outputs
  if (!picture || others.length > 0 || main?.dims.length !== 3) return null
  const count = cells(YOLOX_STRIDES, picture.width, picture.height)
  const [, a, b] = main.dims as Dims
  if (a === count && typeof b === 'number' && b > 5) {
    const { classes, source } = classesOf(b - 5, facts, hints)
    return {
      detector: {
        family: 'yolox',
        task: 'boxes',
        title: 'YOLOX',
        why: `${shown(main)} has a row for each of the ${count} cells of grids of 8, 16 and 32 pixels; ${source}`,
        input: { ...picture, ...BYTES, fit: 'letterbox-corner', fill: 114, order: 'bgr' },
        sizeInput: null,
        outputs: { ...NO_OUTPUTS, main: main.name },
        classes,
        keypoints: null,
        usualConfidence: 0.3,
        usualOverlap: 0.45,
      },
    }
  }
  if (b === count && typeof a === 'number' && a > 4) {
    const { classes, source } = classesOf(a - 4, facts, hints)
    return {
      detector: {
        family: 'yolo',
        task: 'boxes',
        title: 'Ultralytics YOLO, boxes',
        why: `${shown(main)} has a column for each of the ${count} cells of grids of 8, 16 and 32 pixels; ${source}`,
        input: { ...picture, ...UNIT, fit: 'letterbox-centre', fill: 114, order: 'rgb' },
        sizeInput: null,
        outputs: { ...NO_OUTPUTS, main: main.name },
        classes,
        keypoints: null,
        usualConfidence: 0.25,
        usualOverlap: 0.7,
      },
    }
  }
  if (a === count * 3)
    return {
      problem: `Its output ${shown(main)} is that of YOLOv5 and its like, which this app cannot read. Export it with Ultralytics 8 or later.`,
    }
  return null
}

/** A map of scores for each class. */
function identifySemantic(facts: KnownModel, hints: ModelHints): Identified | null {
  const picture = pictureInput(facts)
  const [main, ...others] = facts.outputs
  if (!picture || others.length > 0 || main?.dims.length !== 4) return null
  const count = main.dims[1]
  if (typeof count !== 'number') return null
  const named = facts.metadata.names ? parsePythonNames(facts.metadata.names) : hints.classes
  // The background is often left out of the names.
  const isShort = named !== undefined && named !== null && named.length === count - 1
  const { classes, source } =
    isShort || (!named && count > 1)
      ? {
          classes: ['background', ...(named ?? guessedClasses(count - 1).classes)],
          source: 'its first class is taken for the background',
        }
      : classesOf(count, facts, hints)
  return {
    detector: {
      family: 'semantic',
      task: 'regions',
      title: 'Semantic segmentation',
      why: `${shown(main)} is a score for each pixel and class; ${source}`,
      input: { ...picture, ...IMAGENET, fit: 'stretch', fill: 0, order: 'rgb' },
      sizeInput: null,
      outputs: { ...NO_OUTPUTS, main: main.name },
      classes,
      keypoints: null,
      usualConfidence: 0.5,
      usualOverlap: null,
    },
  }
}

/**
 * What a model file is taken for, by its metadata first and then by the shapes of its tensors. The forms are those that
 * the exporters write: Ultralytics, RT-DETR and D-FINE (`export_onnx.py`), YOLOX (`export_onnx.py`), and Pictograph's own.
 */
export function identifyDetector(said: SaidOfModel, hints: ModelHints = {}): Identified {
  const facts = knownModel(said)
  return (
    identifyUltralytics(facts) ??
    identifyLabelled(facts, hints) ??
    identifyRfDetr(facts, hints) ??
    identifyByGrid(facts, hints) ??
    identifySemantic(facts, hints) ?? {
      problem: `It has the form of no detector that is known here: it takes ${facts.inputs.map(shown).join(', ') || 'nothing'} and answers ${facts.outputs.map(shown).join(', ') || 'nothing'}.`,
    }
  )
}
