import type { Split, Stage } from '#shared/model/dataset.ts'
import { SPLIT_LABEL, STAGE_LABEL } from '#shared/model/stage-labels.ts'

/** The parsed options of the commands, with the command line's names in camelCase. */

export interface LabelValues {
  from?: string
  imagesFrom?: string
  vocFirstPixel?: string
  json?: boolean
}

export interface ConvertValues extends LabelValues {
  to: string
  images: string
  split?: string
  classes?: string
  dryRun?: boolean
  strict?: boolean
  clamp?: boolean
}

interface AccountValues {
  data?: string
  account?: string
  json?: boolean
}

export interface DatasetsValues extends AccountValues {
  archived?: boolean
}

export interface StatusValues {
  data?: string
  json?: boolean
}

interface TransferValues extends AccountValues {
  connections?: number
}

export interface DownloadValues extends TransferValues {
  format: string
  only?: string
  stage?: string[]
  split?: string[]
  class?: string[]
  tag?: string[]
  onChanged?: string
  force?: boolean
}

export interface UploadValues extends TransferValues {
  directory: string
  tree: string
  existing: string
  labels: boolean
  create?: boolean
}

/** Lower case, without spaces and hyphens, because people write two-word names in different ways. */
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '')

/** Finds an id by its name in the code or in the app. Throws an Error that lists all names. */
function named<Id extends string>(labels: Record<Id, string>, value: string): Id {
  const entries = Object.entries(labels) as [Id, string][]
  const found = entries.find(([id, label]) =>
    [id, label].some((name) => plain(name) === plain(value)),
  )
  if (found) return found[0]
  throw new Error(`must be one of ${entries.map(([, label]) => `“${label}”`).join(', ')}`)
}

export const stageNamed = (value: string): Stage => named(STAGE_LABEL, value)

export const splitNamed = (value: string): Split | 'none' =>
  named({ ...SPLIT_LABEL, none: 'None' }, value)
