/** The 80 classes of COCO in the order in which detectors number them. */
const COCO =
  'person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|stop sign|parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|umbrella|handbag|tie|suitcase|frisbee|skis|snowboard|sports ball|kite|baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|cup|fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli|carrot|hot dog|pizza|donut|cake|chair|couch|potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard|cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|scissors|teddy bear|hair drier|toothbrush'.split(
    '|',
  )

/** Ids that COCO's own numbering, from 1 to 90, leaves out. */
const COCO_GAPS = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

/** COCO's classes by their ids 0..90, as models have them that keep COCO's own numbers. */
function cocoById(): string[] {
  const rest = COCO.values()
  return Array.from({ length: 91 }, (_, id) =>
    id === 0 || COCO_GAPS.has(id) ? `class ${id}` : (rest.next().value ?? ''),
  )
}

/** COCO's 17 joints of a person in their order. */
export const COCO_JOINTS: readonly string[] =
  'nose|left_eye|right_eye|left_ear|right_ear|left_shoulder|right_shoulder|left_elbow|right_elbow|left_wrist|right_wrist|left_hip|right_hip|left_knee|right_knee|left_ankle|right_ankle'.split(
    '|',
  )

/** Names for classes of a model that does not say them: COCO's where the number is COCO's. */
export function guessedClasses(count: number): { classes: string[]; source: string } {
  if (count === 80) return { classes: [...COCO], source: 'its 80 classes are taken for COCO’s' }
  if (count === 91 || count === 90)
    return {
      classes: cocoById().slice(0, count),
      source: `its ${count} classes are taken for COCO’s ids`,
    }
  return {
    classes: Array.from({ length: count }, (_, index) => `class ${index}`),
    source: 'it does not name its classes',
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/**
 * Names of classes as Ultralytics writes them: a Python dict `{0: 'person', 1: "men's"}` or list of strings as text.
 * null where it is neither.
 */
export function parsePythonNames(text: string): string[] | null {
  const token = /\s*(?:(\d+)\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|[\]}]$)/y
  const body = text.trim()
  if (!/^[[{]/.test(body)) return null
  const names: string[] = []
  for (token.lastIndex = 1; token.lastIndex < body.length; ) {
    const match = token.exec(body)
    if (!match) return null
    const [, key, single, double] = match
    const index = key === undefined ? names.length : Number(key)
    // A number beyond this is a fault, and would make an endless list.
    if (index > 100_000) return null
    names[index] = (single ?? double ?? '').replace(
      /\\(.)/g,
      (_, letter: string) => ESCAPES[letter] ?? letter,
    )
  }
  return names.length === 0 ? null : Array.from(names, (name, index) => name ?? `class ${index}`)
}

/** Numbers as Python writes a list of them: `[17, 3]`; null where it is none. */
export function parsePythonNumbers(text: string | undefined): number[] | null {
  const inner = /^\s*[[(]([\d\s,.]*)[\])]\s*$/.exec(text ?? '')?.[1]
  if (inner === undefined) return null
  return inner
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)
}
