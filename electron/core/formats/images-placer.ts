import { withoutFirst } from './common.ts'
import type { Format } from './types.ts'

const IMAGES = /^images$/i

/** For formats of one file for all images: each lies below `images/`, and the file names it from there. */
export const imagesPlacer: Format['placer'] = () => {
  const taken = new Set<string>()
  return ({ path }) => {
    const short = withoutFirst(path, IMAGES)
    const label = taken.has(short.toLowerCase()) ? path : short
    taken.add(label.toLowerCase())
    return { image: `images/${label}`, label }
  }
}
