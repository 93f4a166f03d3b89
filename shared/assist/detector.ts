import type { InputForm } from './fit-picture.ts'

/** How a detector's outputs are to be read; each has a decoder of its own. */
export type DetectFamily =
  /** Ultralytics v8, 11 and 12: `[1, 4 + classes + …, anchors]`, overlapping boxes. */
  | 'yolo'
  /** Ultralytics 26 and others that suppress overlaps themselves: `[1, objects, 6 + …]`. */
  | 'yolo-end2end'
  /** RT-DETR by Ultralytics: `[1, queries, 4 + classes]`. */
  | 'rt-detr'
  /** RT-DETRv2 and D-FINE: labels, corners and scores. */
  | 'labels-boxes-scores'
  /** RF-DETR as Pictograph exports it: boxes, logits, and masks or keypoints. */
  | 'rf-detr'
  /** YOLOX: `[1, anchors, 5 + classes]`, offsets on grids. */
  | 'yolox'
  /** A score for each pixel and class: `[1, classes, H, W]`. */
  | 'semantic'

export type DetectTask = 'boxes' | 'segments' | 'poses' | 'oriented boxes' | 'regions'

/** A model file that finds objects: what it was taken for, and how it is asked and understood. */
export interface Detector {
  family: DetectFamily
  task: DetectTask
  /** What it was taken for, e.g. `Ultralytics YOLO, segments`. */
  title: string
  /** Why, in a sentence. */
  why: string
  input: InputForm & { name: string; width: number; height: number }
  /** Of an input for the picture's size, int64 `[1, 2]`: width and height of the model's input; null: there is none. */
  sizeInput: string | null
  /** Names of the outputs that are read; null: there is none of that kind. */
  outputs: {
    /** The boxes, or the only output. */
    main: string
    scores: string | null
    labels: string | null
    masks: string | null
    keypoints: string | null
  }
  /** The model's classes by their number. */
  classes: readonly string[]
  /** Keypoints of one object, and values of each: x, y and sometimes a third. */
  keypoints: { count: number; values: number } | null
  /** Confidence below which its users usually do not look at what it found, 0..1. */
  usualConfidence: number
  /** Boxes of one class that overlap more than this are one object, IoU 0..1; null: the model sees to it itself. */
  usualOverlap: number | null
}
