import { answers } from './answers.ts'
import { archives } from './archives.ts'
import type { AttackKind } from './kind.ts'
import { labels } from './labels.ts'
import { names } from './names.ts'
import { pictures } from './pictures.ts'
import { requests } from './requests.ts'
import { sync } from './sync.ts'

export const KINDS: Readonly<Record<string, AttackKind>> = {
  pictures,
  labels,
  archives,
  names,
  answers,
  requests,
  sync,
}
