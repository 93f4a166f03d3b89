const LABELS = /\.(?:json|jsonl|ndjson|xml|csv|txt|ya?ml|names|data|labels)$/i

/** Folders of pictures that are masks: `isMaskPath` of png-masks.ts, and those of COCO panoptic. */
const MASKS =
  /(?:^|\/)(?:SegmentationClass(?:Raw)?|SegmentationObject|masks?|panoptic[^/]*)\/(?:.*\/)?[^/]+\.png$/i

/** Whether a file of this path may hold labels in one of the formats, or name their classes and splits. */
export const mayHoldLabels = (path: string): boolean => LABELS.test(path) || MASKS.test(path)
