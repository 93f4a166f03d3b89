import { textOfField } from './fields.ts'

// Tables of boxes, one row for each object. The layouts:
// - TensorFlow's object detection and Roboflow: filename,width,height,class,xmin,ymin,xmax,ymax
//   (https://docs.roboflow.com, “Tensorflow Object Detection CSV”)
// - Make Sense: label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height; older versions write no
//   names of columns (https://github.com/SkalskiP/make-sense, `src/logic/export`)
// - Pictograph's export: image,split,width,height,class,type,x,y,w,h,points,confidence

/** The meaning of a column. Boxes are in pixels. */
export type Role =
  | 'image'
  | 'split'
  | 'width'
  | 'height'
  | 'class'
  | 'type'
  | 'left'
  | 'top'
  | 'right'
  | 'bottom'
  | 'boxWidth'
  | 'boxHeight'
  | 'points'
  | 'confidence'
  | 'pointX'
  | 'pointY'
  | 'endX'
  | 'endY'

/** Names of columns as tools write them, in lower case without anything but letters and digits. */
const CALLED: Record<Role, readonly string[]> = {
  image: [
    'filename',
    'image',
    'imagename',
    'imagepath',
    'imagefile',
    'filepath',
    'imgname',
    'path',
  ],
  split: ['split', 'subset', 'set'],
  width: ['width', 'imagewidth', 'imgwidth'],
  height: ['height', 'imageheight', 'imgheight'],
  class: ['class', 'label', 'labelname', 'classname', 'category', 'categoryname'],
  type: ['type', 'shape', 'shapetype'],
  left: ['xmin', 'left', 'x1', 'x', 'bboxx', 'bboxxmin'],
  top: ['ymin', 'top', 'y1', 'y', 'bboxy', 'bboxymin'],
  right: ['xmax', 'right', 'x2', 'bboxxmax'],
  bottom: ['ymax', 'bottom', 'y2', 'bboxymax'],
  boxWidth: ['w', 'bboxwidth', 'bboxw', 'boxwidth'],
  boxHeight: ['h', 'bboxheight', 'bboxh', 'boxheight'],
  points: ['points', 'polygon'],
  confidence: ['confidence', 'score'],
  pointX: ['pointx'],
  pointY: ['pointy'],
  endX: [],
  endY: [],
}

export type TableKind = 'tensorflow_csv' | 'makesense_csv' | 'pictograph_csv'

export interface Columns {
  kind: TableKind
  /** As the file names them; null: it does not. */
  names: readonly string[] | null
  /** The meaning of each column; null: unknown. */
  roles: readonly (Role | null)[]
}

/** The columns that we write, by kind. */
export const OWN_COLUMNS: Record<TableKind, readonly [name: string, role: Role][]> = {
  tensorflow_csv: [
    ['filename', 'image'],
    ['width', 'width'],
    ['height', 'height'],
    ['class', 'class'],
    ['xmin', 'left'],
    ['ymin', 'top'],
    ['xmax', 'right'],
    ['ymax', 'bottom'],
  ],
  makesense_csv: [
    ['label_name', 'class'],
    ['bbox_x', 'left'],
    ['bbox_y', 'top'],
    ['bbox_width', 'boxWidth'],
    ['bbox_height', 'boxHeight'],
    ['image_name', 'image'],
    ['image_width', 'width'],
    ['image_height', 'height'],
  ],
  pictograph_csv: [
    ['image', 'image'],
    ['split', 'split'],
    ['width', 'width'],
    ['height', 'height'],
    ['class', 'class'],
    ['type', 'type'],
    ['x', 'left'],
    ['y', 'top'],
    ['w', 'boxWidth'],
    ['h', 'boxHeight'],
    ['points', 'points'],
    ['confidence', 'confidence'],
  ],
}

const roleOf = (name: string): Role | null => {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  const found = Object.entries(CALLED).find(([, names]) => names.includes(plain))
  return found ? (found[0] as Role) : null
}

const IMAGE = /\.(?:jpe?g|png|webp|bmp|gif|tiff?|avif|heic)$/i
const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))

/** Make Sense without names of columns: boxes or lines, and points. */
function namelessColumns(row: readonly string[]): Columns | null {
  const at = row.findIndex((field) => IMAGE.test(field.trim()))
  const others = row.filter((_, index) => index !== 0 && index !== at)
  if (!others.every(isNumber) || textOfField(row[0]) === null) return null
  if (row.length === 8 && at === 5)
    return {
      kind: 'makesense_csv',
      names: null,
      roles: ['class', 'left', 'top', 'boxWidth', 'boxHeight', 'image', 'width', 'height'],
    }
  if (row.length === 6 && at === 3)
    return {
      kind: 'makesense_csv',
      names: null,
      roles: ['class', 'pointX', 'pointY', 'image', 'width', 'height'],
    }
  return null
}

/** The columns of a table whose first row this is; null: no table of ours. */
export function columnsOf(row: readonly string[]): Columns | null {
  const names = row.map((name) => name.trim())
  const found = names.map(roleOf)
  // Where a role is named twice, the first column has it.
  let roles = found.map((role, index) => (found.indexOf(role) === index ? role : null))
  const has = (...wanted: Role[]) => wanted.every((role) => roles.includes(role))
  if (!has('image', 'class')) return namelessColumns(row)
  // `x,y,width,height` of a table that says nothing else about the box.
  if (has('left', 'top', 'width', 'height') && !has('right') && !has('boxWidth'))
    roles = roles.map((role) =>
      role === 'width' ? 'boxWidth' : role === 'height' ? 'boxHeight' : role,
    )
  const isBox = has('left', 'top') && (has('right', 'bottom') || has('boxWidth', 'boxHeight'))
  if (has('type', 'points')) return { kind: 'pictograph_csv', names, roles }
  if (/^label_name$/i.test(names[0]) && (isBox || has('pointX', 'pointY')))
    return { kind: 'makesense_csv', names, roles }
  return isBox ? { kind: 'tensorflow_csv', names, roles } : null
}

/** The separator of a table's fields: a comma, or the semicolon or tab of some spreadsheets. */
export function separatorOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? ''
  const count = (sign: string) => line.split(sign).length
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0]
}
