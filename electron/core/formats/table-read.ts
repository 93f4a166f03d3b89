import { openRing } from '#shared/geometry/ring.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import { carrying } from './carry.ts'
import type { CsvRow } from './csv.ts'
import { classNameOf, confidenceOf, numberOf, shown, textOfField } from './fields.ts'
import { FormatError } from './format-error.ts'
import type { Columns, Role } from './table-columns.ts'
import type { JsonObject } from './types.ts'

/** One row by what its columns say. */
export class TableRow {
  readonly #fields: readonly string[]
  readonly #columns: Columns

  constructor({ fields }: Pick<CsvRow, 'fields'>, columns: Columns) {
    this.#fields = fields
    this.#columns = columns
  }

  /** The text of a column; '' where there is none. */
  text(role: Role): string {
    return (this.#fields[this.#columns.roles.indexOf(role)] ?? '').trim()
  }

  has(...roles: Role[]): boolean {
    return roles.every((role) => this.text(role) !== '')
  }

  /** Throws a FormatError that names the column. */
  number(role: Role): number {
    const value = numberOf(this.text(role))
    if (value === null) throw this.fault(role, `must be a number, not ${shown(this.text(role))}`)
    return value
  }

  fault(role: Role, message: string): FormatError {
    const index = this.#columns.roles.indexOf(role)
    return new FormatError(this.#columns.names?.[index] ?? `column ${index + 1}`, message)
  }

  /** Columns that we know nothing of, by name, where they say something. */
  others(): JsonObject {
    const named = this.#columns.names?.flatMap((name, index): [string, string][] => {
      const text = this.#fields[index] ?? ''
      return this.#columns.roles[index] === null && text !== '' ? [[name, text]] : []
    })
    return Object.fromEntries(named ?? [])
  }
}

/** `x y;x y` in pixels. */
function readPoints(row: TableRow, least: number): Point[] {
  const pairs = row
    .text('points')
    .split(';')
    .filter((pair) => pair.trim() !== '')
  const points = pairs.map((pair) => {
    const [x, y, ...more] = pair
      .trim()
      .split(/[\s,]+/)
      .map(numberOf)
    if (x === null || x === undefined || y === null || y === undefined || more.length > 0)
      throw row.fault('points', `must be “x y;x y”, not ${shown(pair)}`)
    return { x, y }
  })
  if (points.length >= least) return points
  throw row.fault('points', `has ${points.length}; it needs at least ${least}`)
}

function readBox(row: TableRow): Shape {
  const [x, y] = [row.number('left'), row.number('top')]
  const hasEnds = row.has('right', 'bottom')
  const right = hasEnds ? row.number('right') : x + row.number('boxWidth')
  const bottom = hasEnds ? row.number('bottom') : y + row.number('boxHeight')
  const [w, h] = [right - x, bottom - y]
  const last = hasEnds ? 'right' : 'boxWidth'
  if (!(w > 0 && h > 0)) throw row.fault(last, 'makes a box without a width or a height')
  if (right <= 1 && bottom <= 1)
    throw row.fault(last, 'is a fraction of the image; this table holds pixels')
  return { kind: 'bbox', x, y, w, h }
}

function readShape(row: TableRow): Shape {
  const type = row.text('type').toLowerCase()
  switch (type) {
    case 'polygon': {
      const ring = openRing(readPoints(row, 3))
      if (ring.length >= 3) return { kind: 'polygon', rings: [ring] }
      throw row.fault('points', `has ${ring.length}; it needs at least 3`)
    }
    case 'polyline':
    case 'line':
      return { kind: 'polyline', points: readPoints(row, 2) }
    case 'keypoint':
    case 'point': {
      const [point] = readPoints(row, 1)
      return { kind: 'keypoint', ...point }
    }
  }
  if (row.has('pointX'))
    return { kind: 'keypoint', x: row.number('pointX'), y: row.number('pointY') }
  if (row.has('endX')) {
    const start = { x: row.number('left'), y: row.number('top') }
    return { kind: 'polyline', points: [start, { x: row.number('endX'), y: row.number('endY') }] }
  }
  return readBox(row)
}

/** Whether a row names an image alone: nothing is in it. */
const isEmptyRow = (row: TableRow) =>
  textOfField(row.text('class')) === null && !row.has('left') && !row.has('points')

/** One row as an annotation; null where it says that its image is empty. Throws a FormatError that names the column. */
export function readRow(row: TableRow): Annotation | null {
  if (isEmptyRow(row)) return null
  const className = classNameOf(row.text('class'), 'class')
  const confidence = row.text('confidence')
  const value = confidence === '' ? 1 : confidenceOf(confidence)
  if (value === null) throw row.fault('confidence', `must be 0 to 1, not ${shown(confidence)}`)
  const annotation = newAnnotation(readShape(row), className, { confidence: value })
  const given: JsonObject = confidence === '' ? { confidence: '' } : {}
  return carrying([annotation], 'csv', row.others(), given)[0]
}

/**
 * Lines of Make Sense have as many columns as its boxes, and no names: they are told apart by a row that cannot be a box
 * in its image.
 */
export function asLines(columns: Columns, rows: Iterable<CsvRow>): Columns {
  if (columns.names || !columns.roles.includes('boxWidth')) return columns
  let isLine = false
  for (const { fields } of rows) {
    const [x, y, w, h] = fields.slice(1, 5).map(Number)
    const [width, height] = fields.slice(6, 8).map(Number)
    if (w <= 0 || h <= 0 || x + w > width + 1 || y + h > height + 1) isLine = true
  }
  if (!isLine) return columns
  const roles = columns.roles.map((role) =>
    role === 'boxWidth' ? 'endX' : role === 'boxHeight' ? 'endY' : role,
  )
  return { ...columns, roles }
}
